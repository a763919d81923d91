using System.Net;
using Proxy.Actors.Pools;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Actors.Pools;

public sealed class PoolMachineTests
{
    private readonly MemberState _a = Member("a");
    private readonly MemberState _b = Member("b");
    private readonly MemberState _s = Member("s");

    [Fact]
    public void Candidates_follow_the_reports()
    {
        PoolMachine pool = Started();

        Assert.Equal("a b", Names(pool));
        Assert.Equal("b s", Names(pool, Report(_a, MemberCondition.CheckFailed)));
        Assert.Equal("spare s serves because of a: test", Assert.Single(pool.Reasons));
        Assert.Equal("b s", Names(pool, Report(_a, MemberCondition.Draining)));
        Assert.Equal("a b", Names(pool, Report(_a)));
    }

    [Fact]
    public void An_epoch_is_spent_only_on_a_change()
    {
        PoolMachine pool = Started();
        long epoch = pool.Candidates.Epoch;

        Assert.Null(pool.Handle(new PoolInput.Reported(Report(_a))).Candidates);
        Assert.Null(pool.Handle(new PoolInput.Reported(Report(_s, MemberCondition.Error))).Candidates);
        Assert.NotNull(pool.Handle(new PoolInput.Reported(Report(_a, weight: 5))).Candidates);
        Assert.Equal(epoch + 1, pool.Candidates.Epoch);
        Assert.Equal([5, 10], pool.Candidates.Weights);
    }

    [Fact]
    public void Before_the_first_report_the_grant_counts()
    {
        _a.Grant = Report(_a).Grant;
        var pool = new PoolMachine(new CandidateList(41, [_b], [10]));

        CandidateList? candidates = pool.Handle(Configured(_a, _b)).Candidates;

        Assert.NotNull(candidates);
        Assert.Equal(42, candidates.Epoch);
        Assert.Equal([_a], candidates.Members);
    }

    [Fact]
    public void While_the_loops_change_over_both_configurations_count()
    {
        PoolMachine pool = Started();
        MemberState c = Member("c");

        pool.Handle(Configured(_b, c));
        Assert.Equal("b a", Names(pool));
        Assert.Equal("b c a", Names(pool, Report(c)));

        PoolEffects effects = pool.Handle(new PoolInput.Settled());
        Assert.Equal("b c", Names(pool));
        Assert.Equal([_a, _s], effects.Gone);
        Assert.Empty(pool.Handle(new PoolInput.Settled()).Gone);
    }

    [Fact]
    public void When_everybody_who_could_serve_is_in_error_all_are_forgiven()
    {
        PoolMachine pool = Started();

        Assert.Empty(pool.Handle(new PoolInput.Reported(Report(_a, MemberCondition.Error))).Recover);
        Assert.Empty(pool.Handle(new PoolInput.Reported(Report(_s, MemberCondition.Error))).Recover);
        Assert.Equal([_a, _b, _s], pool.Handle(new PoolInput.Reported(Report(_b, MemberCondition.Error))).Recover);
    }

    [Theory]
    [InlineData(MemberCondition.Disabled)]
    [InlineData(MemberCondition.Stopped)]
    [InlineData(MemberCondition.Draining)]
    [InlineData(MemberCondition.CheckFailed)]
    [InlineData(MemberCondition.Unresolved)]
    [InlineData(MemberCondition.CheckFailed | MemberCondition.Error)]
    public void A_member_that_could_not_serve_anyway_keeps_nobody_from_a_second_chance(MemberCondition condition)
    {
        PoolMachine pool = Started();
        pool.Handle(new PoolInput.Reported(Report(_s, condition)));
        pool.Handle(new PoolInput.Reported(Report(_a, MemberCondition.Error)));

        Assert.Equal([_a, _b], pool.Handle(new PoolInput.Reported(Report(_b, MemberCondition.Error))).Recover);
    }

    [Fact]
    public void Nobody_is_forgiven_when_nobody_is_in_error()
    {
        PoolMachine pool = Started();
        pool.Handle(new PoolInput.Reported(Report(_s, MemberCondition.Disabled)));
        pool.Handle(new PoolInput.Reported(Report(_a, MemberCondition.CheckFailed)));

        Assert.Empty(pool.Handle(new PoolInput.Reported(Report(_b, MemberCondition.Stopped))).Recover);
    }

    private static MemberState Member(string name) => new(new MemberId("app", name), "", 1);

    private static BackendReport Report(MemberState member, MemberCondition condition = 0, int weight = 10)
    {
        GrantState state = condition switch
        {
            MemberCondition.None => GrantState.Open,
            MemberCondition.Draining => GrantState.StickyOnly,
            _ => GrantState.Closed,
        };
        MemberRole role = member.Id.Name == "s" ? MemberRole.Spare : MemberRole.Primary;
        var grant = new Grant(1, state, weight, [SocketTarget.Inet(IPAddress.Loopback, 1)], "test");
        return new BackendReport(member, grant, condition, role, true);
    }

    private static PoolInput.Configured Configured(params MemberState[] members) => new(
        [.. members.Select(static member => new PoolPlace(
            member, 0, member.Id.Name == "s" ? MemberRole.Spare : MemberRole.Primary))]);

    private PoolMachine Started()
    {
        var pool = new PoolMachine(CandidateList.Empty);
        pool.Handle(Configured(_a, _b, _s));
        foreach (MemberState member in (MemberState[])[_a, _b, _s])
        {
            pool.Handle(new PoolInput.Reported(Report(member)));
        }

        return pool;
    }

    private static string Names(PoolMachine pool, BackendReport? report = null)
    {
        if (report is not null)
        {
            pool.Handle(new PoolInput.Reported(report));
        }

        return string.Join(' ', pool.Candidates.Members.Select(static member => member.Id.Name));
    }
}
