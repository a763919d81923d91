using Proxy.Actors.Config;
using Proxy.Cluster.Vrrp.Guard;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Node;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Tests.Cluster.Vrrp.Node;

public sealed class VipMachineTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly NetAddress Ours = NetAddress.Parse("10.0.0.1");
    private static readonly NetAddress Theirs = NetAddress.Parse("10.0.0.2");

    private readonly VipMachine _machine = new();

    [Fact]
    public void The_guard_knows_what_is_wrong_before_it_begins_to_work()
    {
        PlannedVip vip = Plan(static v => v with { Track = new VipTrackConfig { Pools = ["app"], Majority = true } });
        Handle(new VipInput.Configure([vip]));
        Handle(Condition(isReady: true, hasMajority: false, "app"));

        IReadOnlyList<VipEffect> effects = Handle(new VipInput.GuardConnected());

        Assert.Equal(
            [
                new VipEffect.Hello(),
                new VipEffect.Settings(vip.Settings),
                new VipEffect.Fault(vip.Id, VrrpTrack.Health, true),
                new VipEffect.Fault(vip.Id, VrrpTrack.Majority, true),
                new VipEffect.Commit(),
            ],
            effects);
        Assert.Equal(
            [
                new VipEffect.Fault(vip.Id, VrrpTrack.Health, false),
                new VipEffect.Fault(vip.Id, VrrpTrack.Majority, false),
            ],
            Handle(Condition(isReady: true, hasMajority: true)));
        Assert.Empty(Handle(Condition(isReady: true, hasMajority: true)));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(-20, false)]
    [InlineData(20, true)]
    public void A_check_is_a_fault_or_a_weight(int weight, bool isGood)
    {
        PlannedVip vip = Working(v => v with
        {
            Track = new VipTrackConfig { Check = new VipCheckConfig { Command = ["/bin/true"], Weight = weight } },
        });

        VipEffect effect = Assert.Single(Handle(new VipInput.Checked("web", isGood)));

        Assert.Equal(
            weight == 0
                ? new VipEffect.Fault(vip.Id, VrrpTrack.Check, true)
                : new VipEffect.Weight(vip.Id, VrrpTrack.Check, weight),
            effect);
    }

    [Fact]
    public void The_end_of_the_master_s_process_is_a_hint_and_its_own_word_a_certain_one()
    {
        PlannedVip vip = Working();
        Handle(new VipInput.PeerFound("b"));
        Handle(new VipInput.PeerSaid("b", [Claim(VrrpState.Master, Theirs)]));

        Assert.Equal(
            [new VipEffect.Hint(vip.Id, PeerHint.Resigned, Theirs)],
            Handle(new VipInput.PeerSaid("b", [Claim(VrrpState.Fault, NetAddress.None)])));
        Handle(new VipInput.PeerSaid("b", [Claim(VrrpState.Master, Theirs)]));
        Assert.Equal(
            [new VipEffect.Hint(vip.Id, PeerHint.Died, Theirs)], Handle(new VipInput.PeerLost("b", IsBroken: true)));
        Assert.Empty(Handle(new VipInput.PeerLost("b", IsBroken: true)));
    }

    [Fact]
    public void A_master_that_stepped_back_is_no_hint_because_somebody_else_has_it()
    {
        Working();
        Handle(new VipInput.PeerFound("b"));
        Handle(new VipInput.PeerSaid("b", [Claim(VrrpState.Master, Theirs)]));

        Assert.Empty(Handle(new VipInput.PeerSaid("b", [Claim(VrrpState.Backup, NetAddress.None)])));
    }

    [Fact]
    public void A_router_without_a_group_goes_alone_and_a_group_as_a_whole()
    {
        PlannedVip[] vips =
        [
            Plan(vip => vip with { Name = "one", SyncGroup = "g" }),
            Plan(vip => vip with { Name = "two", SyncGroup = "g", RouterId = 52 }),
            Plan(vip => vip with { Name = "alone", RouterId = 53 }),
        ];
        Handle(new VipInput.Configure(vips));

        Assert.Equal(["one", "two"], Members("one"));
        Assert.Equal(["one", "two"], Members("two"));
        Assert.Equal(["alone"], Members("alone"));

        IEnumerable<string> Members(string name) =>
            _machine.MembersOf(_machine.ViewOf(name)!).Select(static view => view.Plan.Config.Name);
    }

    [Fact]
    public void Silence_of_a_connection_is_no_hint()
    {
        Working();
        Handle(new VipInput.PeerSaid("b", [Claim(VrrpState.Master, Theirs)]));

        Assert.Empty(Handle(new VipInput.PeerLost("b", IsBroken: false)));
    }

    [Fact]
    public void A_backup_s_death_and_other_routers_are_no_hint()
    {
        Working();
        Handle(new VipInput.PeerSaid("b",
        [
            Claim(VrrpState.Backup, NetAddress.None),
            Claim(VrrpState.Master, Theirs) with { RouterId = 52 },
        ]));

        Assert.Empty(Handle(new VipInput.PeerLost("b", IsBroken: true)));
    }

    [Fact]
    public void Peers_hear_every_change_and_a_peer_that_appears_hears_all()
    {
        PlannedVip vip = Working();
        VipClaim backup = Claim(VrrpState.Backup, NetAddress.None);
        VipClaim master = Claim(VrrpState.Master, Ours);

        Assert.Contains(Told(Handle(Report(vip, VrrpState.Backup, Theirs))), claims => claims.SequenceEqual([backup]));
        Assert.Contains(Told(Handle(Report(vip, VrrpState.Master, Ours))), claims => claims.SequenceEqual([master]));
        IReadOnlyList<VipEffect> found = Handle(new VipInput.PeerFound("b"));
        Assert.Contains(Told(found), claims => claims.SequenceEqual([master]));
        Assert.Contains(new VipEffect.Hint(vip.Id, PeerHint.Appeared, NetAddress.None), found);
    }

    [Fact]
    public void A_peer_whose_word_was_lost_hears_it_again()
    {
        PlannedVip vip = Working();
        Handle(Report(vip, VrrpState.Master, Ours));
        Handle(new VipInput.PeerFound("b"));
        Handle(new VipInput.PeerLost("b", IsBroken: true));

        Assert.Contains(
            Told(Handle(new VipInput.Remind())),
            static claims => claims.SequenceEqual([Claim(VrrpState.Master, Ours)]));

        Handle(new VipInput.PeerSaid("b", [Claim(VrrpState.Master, Theirs)]));
        Assert.Empty(Handle(new VipInput.PeerSaid("b", [Claim(VrrpState.Master, Theirs)])));
    }

    [Fact]
    public void The_owner_is_who_says_so_and_speaks_and_nobody_rather_than_yesterday_s()
    {
        PlannedVip vip = Working();
        Handle(new VipInput.PeerSaid("b", [Claim(VrrpState.Master, Theirs)]));
        Handle(Report(vip, VrrpState.Backup, Theirs));
        Assert.Equal("b", _machine.Report.Vips[0].Owner);

        Handle(Report(vip, VrrpState.Backup, NetAddress.None));
        Assert.Equal("", _machine.Report.Vips[0].Owner);

        Handle(Report(vip, VrrpState.Master, Ours));
        Handle(new VipInput.GuardGone());
        Assert.Equal(("", VrrpState.Initialize), (_machine.Report.Vips[0].Owner, _machine.Report.Vips[0].State));
        Assert.Equal(0, _machine.Report.GuardProcess);
    }

    [Fact]
    public void A_change_of_state_is_told_once_and_keeps_its_time()
    {
        PlannedVip vip = Working();

        Assert.Single(Handle(Report(vip, VrrpState.Master, Ours)).OfType<VipEffect.Changed>());
        Assert.Empty(_machine.Handle(Report(vip, VrrpState.Master, Ours), Now.AddHours(1)).OfType<VipEffect.Changed>());
        Assert.Equal(Now, _machine.Report.Vips[0].Since);
    }

    [Fact]
    public void A_new_plan_keeps_what_is_known_of_routers_that_stay_and_the_same_plan_does_nothing()
    {
        PlannedVip vip = Working();
        Handle(Report(vip, VrrpState.Master, Ours));

        Assert.Empty(Handle(new VipInput.Configure([vip])));
        PlannedVip changed = Plan(static v => v with { Priority = 200 });
        IReadOnlyList<VipEffect> effects = Handle(new VipInput.Configure([changed]));

        Assert.Contains(new VipEffect.Settings(changed.Settings), effects);
        Assert.Equal(VrrpState.Master, _machine.Report.Vips[0].State);
    }

    [Fact]
    public void Claims_survive_the_wire_and_nonsense_does_not()
    {
        VipClaim[] claims =
        [
            Claim(VrrpState.Master, Ours),
            new(IpFamily.V6, 7, NetAddress.Parse("fd00::1"), VrrpState.Backup, 90, NetAddress.None),
        ];

        byte[] record = VipClaim.Write(claims);

        Assert.Equal(claims, VipClaim.Read(record));
        for (int length = 0; length < record.Length; length++)
        {
            Assert.Null(VipClaim.Read(record.AsSpan(0, length)));
        }

        record[5] = 99;
        Assert.Null(VipClaim.Read(record));
    }

    private static IEnumerable<IReadOnlyList<VipClaim>> Told(IReadOnlyList<VipEffect> effects) =>
        effects.OfType<VipEffect.Tell>().Select(static tell => tell.Claims);

    private static VipClaim Claim(VrrpState state, NetAddress source) =>
        new(IpFamily.V4, 51, NetAddress.Parse("10.0.0.100"), state, 100, source);

    private static VipInput.FromGuard Report(PlannedVip vip, VrrpState state, NetAddress master) =>
        new(
            new GuardEvent.Router(new RouterReport(vip.Id, state, 100, 0, VrrpInputKind.Tick, master)));

    private static VipInput.Condition Condition(bool isReady, bool hasMajority, params string[] emptyPools) =>
        new(isReady, hasMajority, emptyPools.ToHashSet());

    private static PlannedVip Plan(Func<VipConfig, VipConfig>? change = null)
    {
        var vip = new VipConfig { Name = "web", Interface = "eth0", Addresses = ["10.0.0.100/24"], RouterId = 51 };
        return VipPlan.Of(new ProxyConfig { Vips = [change?.Invoke(vip) ?? vip] }, "a")[0];
    }

    private PlannedVip Working(Func<VipConfig, VipConfig>? change = null)
    {
        PlannedVip vip = Plan(change);
        Handle(Condition(isReady: true, hasMajority: true));
        Handle(new VipInput.Configure([vip]));
        Handle(new VipInput.GuardConnected());
        return vip;
    }

    private IReadOnlyList<VipEffect> Handle(VipInput input) => [.. _machine.Handle(input, Now)];
}
