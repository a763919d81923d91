using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Tests.Cluster.Vrrp.Machine;

/// <summary>A backup that was stopped itself, together with the master or alone.</summary>
public sealed class VrrpLatenessTests
{
    private const long Interval = 10_000;

    private readonly VrrpMachine _machine = new(
        new VrrpRules { RouterId = 1, Interval = Interval, Addresses = [NetAddress.Parse("10.0.0.100")] },
        new VrrpPolicy { Priority = 100 });

    [Theory]
    [InlineData(6_000, Interval)]
    [InlineData(1_000, 2_000)]
    public void Woken_late_it_waits_for_a_master_that_was_stopped_too_and_after_a_short_stop_only_a_moment(
        long late, long wait)
    {
        long due = Follow(0);

        Assert.Equal(VrrpEffects.None, _machine.Handle(VrrpInput.Tick, due + late));
        Assert.Equal(due + late + wait, _machine.NextTimer);
        Follow(due + late + 500);
        Assert.Equal(VrrpState.Backup, _machine.State);
    }

    [Theory]
    [InlineData(6_000)]
    [InlineData(1_000)]
    public void It_is_excused_once_only(long late)
    {
        long due = Follow(0);

        _machine.Handle(VrrpInput.Tick, due + late);
        _machine.Handle(VrrpInput.Tick, _machine.NextTimer + late);
        Assert.Equal(VrrpState.Master, _machine.State);
    }

    [Fact]
    public void On_time_nothing_is_different()
    {
        long due = Follow(0);

        _machine.Handle(VrrpInput.Tick, due + 400);
        Assert.Equal(VrrpState.Master, _machine.State);
    }

    /// <summary>Hears the master once; when its timer is due.</summary>
    private long Follow(long now)
    {
        _machine.Handle(VrrpInput.Start, now);
        var advert = new VrrpAdvert
        {
            Source = NetAddress.Parse("10.0.0.9"),
            Priority = 150,
            Interval = Interval,
        };
        _machine.Handle(VrrpInput.Advert(advert), now);
        return _machine.NextTimer;
    }
}
