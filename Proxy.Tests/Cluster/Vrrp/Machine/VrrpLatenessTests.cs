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

    [Fact]
    public void Woken_late_it_waits_one_interval_more_and_hears_a_master_that_was_stopped_too()
    {
        long due = Follow(0);

        Assert.Equal(VrrpEffects.None, _machine.Handle(VrrpInput.Tick, due + 6_000));
        Assert.Equal(due + 6_000 + Interval, _machine.NextTimer);
        Follow(due + 7_000);
        Assert.Equal(VrrpState.Backup, _machine.State);
    }

    [Fact]
    public void It_is_excused_once_only()
    {
        long due = Follow(0);

        _machine.Handle(VrrpInput.Tick, due + 6_000);
        _machine.Handle(VrrpInput.Tick, _machine.NextTimer + 6_000);
        Assert.Equal(VrrpState.Master, _machine.State);
    }

    [Fact]
    public void On_time_nothing_is_different()
    {
        long due = Follow(0);

        _machine.Handle(VrrpInput.Tick, due + 400);
        Assert.Equal(VrrpState.Master, _machine.State);
    }

    [Fact]
    public void A_little_late_it_waits_a_moment_for_a_master_that_goes_on_at_the_same_time()
    {
        long due = Follow(0);

        Assert.Equal(VrrpEffects.None, _machine.Handle(VrrpInput.Tick, due + 1_000));
        Assert.Equal(due + 3_000, _machine.NextTimer);
        Follow(due + 1_500);
        Assert.Equal(VrrpState.Backup, _machine.State);
    }

    [Fact]
    public void And_no_longer_than_that()
    {
        long due = Follow(0);

        _machine.Handle(VrrpInput.Tick, due + 1_000);
        _machine.Handle(VrrpInput.Tick, due + 4_000);
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
