using Proxy.Actors.Publishing;
using Proxy.Edge.Topology;
using Proxy.Tests.Actors.Pools;

namespace Proxy.Tests.Actors.Publishing;

public sealed class PublisherActorTests
{
    private readonly PoolRig _rig = new();

    [Fact]
    public void When_a_snapshot_goes_live_its_members_have_grants_and_its_pools_candidates()
    {
        _rig.Edge.OnPublish = static snapshot => Assert.All(snapshot.Pools, static pool =>
        {
            Assert.NotEmpty(pool.State.Candidates.Members);
            Assert.All(pool.Members, static member => Assert.Equal(GrantState.Open, member.State.Grant.State));
        });

        _rig.Publish(PoolRig.Pool("a b"), PoolRig.Pool("c", name: "other"));
        Answer<PublishAnswer> answer = _rig.Publish(PoolRig.Pool("a b x"), PoolRig.Pool("c", name: "third"));

        Assert.Equal(2, answer.Value.Revision);
        Assert.Null(answer.Value.Problem);
        Assert.Equal(2, _rig.Edge.Published.Count);
        Assert.Equal(["app", "third"], _rig.Tree.Pools.Names);
    }

    [Fact]
    public void Who_is_removed_stays_until_every_loop_has_let_go()
    {
        _rig.Publish(PoolRig.Pool("a b"), PoolRig.Pool("c", name: "other"));
        _rig.Edge.Hold = true;
        Answer<PublishAnswer> answer = _rig.Publish(PoolRig.Pool("b x"));

        Assert.False(answer.IsGiven);
        Assert.Equal("b x a", _rig.Candidates());
        Assert.Empty(_rig.Events.Stops);
        Assert.Equal(["app", "other"], _rig.Tree.Pools.Names);

        _rig.Edge.Acknowledge();
        _rig.Run(0);
        Assert.Equal(2, answer.Value.Revision);
        Assert.Equal("b x", _rig.Candidates());
        Assert.Equal(["app"], _rig.Tree.Pools.Names);
        Assert.Equal(3, _rig.Events.Stops.Count); // a, and the other pool with its member
    }

    [Fact]
    public void Revisions_are_published_one_after_the_other()
    {
        _rig.Edge.Hold = true;
        Answer<PublishAnswer>[] answers = [.. Enumerable.Range(1, 3).Select(i => _rig.Publish(PoolRig.Pool($"a={i}")))];
        Assert.Single(_rig.Edge.Published);

        for (int i = 0; i < 3; i++)
        {
            _rig.Edge.Acknowledge();
            _rig.Run(0);
            Assert.Equal(i + 1, answers[i].Value.Revision);
        }

        Assert.Equal([1, 2, 3], _rig.Edge.Published.Select(static snapshot => (int)snapshot.Revision));
        Assert.Equal("Open 3 up", _rig.Grant("a"));
    }

    [Fact]
    public void Loops_that_refuse_keep_what_they_have()
    {
        _rig.Publish(PoolRig.Pool("a b"));
        _rig.Edge.Refuse = new InvalidOperationException("no");

        Assert.Equal("no", _rig.Publish(PoolRig.Pool("b")).Value.Problem);
        Assert.Equal("b a", _rig.Candidates());

        _rig.Edge.Refuse = null;
        Assert.Null(_rig.Publish(PoolRig.Pool("b")).Value.Problem);
        Assert.Equal("b", _rig.Candidates());
    }

    [Fact]
    public void A_crash_of_the_whole_tree_changes_no_grant_and_no_candidate()
    {
        _rig.Publish(PoolRig.Pool("a b c", PoolRig.Active), PoolRig.Pool("d", name: "other"));
        _rig.Run(10);
        _rig.Order("b", "drain");
        _rig.Origins.Kill('c');
        _rig.Run(20);
        Assert.Equal("a", _rig.Candidates());
        CandidateList candidates = _rig.CandidateList();
        Grant[] grants = [.. "abc".Select(name => _rig.State($"{name}").Grant)];

        _rig.Edge.Throw = new InvalidOperationException("planted");
        Answer<PublishAnswer> answer = _rig.Publish(
            PoolRig.Pool("a b c", PoolRig.Active), PoolRig.Pool("d", name: "other"));
        _rig.Run(2);

        Assert.NotNull(answer.Error);
        Assert.Equal(["/user/publisher"], _rig.Events.Restarts);
        Assert.Same(candidates, _rig.CandidateList());
        Assert.Equal(grants, "abc".Select(name => _rig.State($"{name}").Grant));
        Assert.Equal("drain by operator", _rig.State("b").Grant.Reason);

        // And it works on.
        _rig.Origins.Revive('c');
        _rig.Order("b", "ready");
        _rig.Run(20);
        Assert.Equal("a b c", _rig.Candidates());
        Assert.Equal(["app", "other"], _rig.Tree.Pools.Names);
        Assert.Null(_rig.Publish(PoolRig.Pool("a")).Value.Problem);
        Assert.Equal("a", _rig.Candidates());
    }

    [Fact]
    public void A_pool_may_come_back_after_it_went()
    {
        _rig.Publish(PoolRig.Pool("a b"));
        _rig.Publish(PoolRig.Pool("c", name: "other"));
        Assert.Equal(["other"], _rig.Tree.Pools.Names);

        _rig.Publish(PoolRig.Pool("a b"));

        Assert.Equal("a b", _rig.Candidates());
    }
}
