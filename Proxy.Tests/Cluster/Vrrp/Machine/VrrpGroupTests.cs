using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Tests.Cluster.Vrrp.Machine;

public sealed class VrrpGroupTests
{
    private static readonly NetAddress Other = NetAddress.Parse("10.0.0.9");
    private readonly VrrpGroup _group = new([Member(1), Member(2), Member(3)]);
    private readonly VrrpEffects[] _effects = new VrrpEffects[3];

    [Fact]
    public void All_members_become_master_with_the_first()
    {
        BecomeMaster();

        AssertAll(VrrpState.Master);
        Assert.All(_effects, static effects =>
            Assert.Equal(VrrpEffects.SendAdvert | VrrpEffects.AddAddresses, effects & (VrrpEffects)0x0f));
    }

    [Fact]
    public void A_better_master_of_one_member_takes_all()
    {
        BecomeMaster();

        Handle(1, VrrpInput.Advert(new VrrpAdvert(Other, 200, 100_000, false)), 500_000);

        AssertAll(VrrpState.Backup);
        Assert.All(_effects, static each => Assert.NotEqual(VrrpEffects.None, each & VrrpEffects.RemoveAddresses));
    }

    [Fact]
    public void Resigning_one_resigns_all()
    {
        BecomeMaster();

        Handle(2, VrrpInput.Resign, 500_000);

        AssertAll(VrrpState.Backup);
        Assert.All(_effects, static each => Assert.NotEqual(VrrpEffects.None, each & VrrpEffects.SendResign));
    }

    [Fact]
    public void The_last_real_fault_that_goes_frees_all()
    {
        BecomeMaster();
        Handle(0, VrrpInput.Fault(VrrpTrack.Interface, true), 500_000);
        AssertAll(VrrpState.Fault);
        Handle(1, VrrpInput.Fault(VrrpTrack.Interface, true), 500_000);

        Handle(0, VrrpInput.Fault(VrrpTrack.Interface, false), 600_000);
        AssertAll(VrrpState.Fault);
        Assert.Equal(VrrpEffects.None, _effects[0]);
        Handle(1, VrrpInput.Fault(VrrpTrack.Interface, false), 700_000);

        AssertAll(VrrpState.Backup);
    }

    [Fact]
    public void A_fault_of_the_whole_node_resigns_every_member_once()
    {
        BecomeMaster();
        Array.Clear(_effects);

        _group.HandleAll(VrrpInput.Fault(VrrpTrack.Node, true), 500_000, _effects);

        AssertAll(VrrpState.Fault);
        Assert.All(_effects, static each => Assert.NotEqual(VrrpEffects.None, each & VrrpEffects.SendResign));
        _group.HandleAll(VrrpInput.Fault(VrrpTrack.Node, false), 600_000, _effects);
        AssertAll(VrrpState.Backup);
    }

    [Fact]
    public void The_group_wakes_for_the_first_of_its_timers()
    {
        Assert.Equal(long.MaxValue, _group.NextTimer);
        _group.HandleAll(VrrpInput.Start, 0, _effects);
        Handle(0, VrrpInput.Advert(new VrrpAdvert(Other, 200, 100_000, false)), 50_000);

        Assert.Equal(_group.Members[1].NextTimer, _group.NextTimer);
        Assert.True(_group.Members[0].NextTimer > _group.NextTimer);
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        _group.HandleAll(VrrpInput.Start, 0, _effects);
        long now = 1;
        Turn();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            Turn();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Turn()
        {
            now += 200_000;
            _group.HandleAll(VrrpInput.Tick, now, _effects);
            _group.Handle(1, VrrpInput.Advert(new VrrpAdvert(Other, 200, 100_000, false)), now, _effects);
            _group.HandleAll(VrrpInput.Weight(VrrpTrack.Check, 3), now, _effects);
            _group.HandleAll(VrrpInput.TakeOver, now, _effects);
            _group.HandleAll(VrrpInput.Fault(VrrpTrack.Node, true), now, _effects);
            _group.HandleAll(VrrpInput.Fault(VrrpTrack.Node, false), now, _effects);
        }
    }

    private static VrrpMachine Member(byte routerId) => new(
        new VrrpRules { RouterId = routerId, Interval = 100_000, Addresses = [NetAddress.Ipv4(routerId)] },
        new VrrpPolicy())
    {
        Primary = NetAddress.Parse("10.0.0.5"),
    };

    private void BecomeMaster()
    {
        _group.HandleAll(VrrpInput.Start, 0, _effects);
        Array.Clear(_effects);
        _group.HandleAll(VrrpInput.Tick, _group.NextTimer, _effects);
    }

    private void Handle(int member, VrrpInput input, long now)
    {
        Array.Clear(_effects);
        _group.Handle(member, input, now, _effects);
    }

    private void AssertAll(VrrpState state) =>
        Assert.All(_group.Members, member => Assert.Equal(state, member.State));
}
