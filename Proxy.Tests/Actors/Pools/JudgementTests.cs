using Proxy.Actors.Pools;
using Proxy.Actors.Ports;
using Proxy.Actors.Runtime;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Actors.Pools;

/// <summary>What a node does with the verdicts of the cluster's health supervisor.</summary>
public sealed class JudgementTests
{
    private readonly PoolRig _rig = new();

    public JudgementTests()
    {
        _rig.Publish(PoolRig.Pool("a b", PoolRig.Active));
        _rig.Run(30);
        _rig.Origins.Probes.Clear();
    }

    [Fact]
    public void While_verdicts_are_fresh_the_node_does_not_check_by_itself()
    {
        for (int i = 0; i < 20; i++)
        {
            Judge("a", up: true);
            Judge("b", up: true);
            _rig.Run(5);
        }

        Assert.Empty(_rig.Origins.Probes);
        Assert.Equal("a b", _rig.Candidates());
    }

    [Fact]
    public void A_verdict_takes_a_member_out_and_brings_it_back_at_once()
    {
        Judge("a", up: false, "3 of 3 nodes: refused");
        Assert.Equal("b", _rig.Candidates());
        Assert.Equal("Closed 0 3 of 3 nodes: refused", _rig.Grant("a"));

        Judge("a", up: true);
        Assert.Equal("a b", _rig.Candidates());
    }

    [Fact]
    public void When_verdicts_stay_away_the_node_checks_for_itself()
    {
        Judge("a", up: false, "gone");
        _rig.Run(11);
        Assert.Equal("b", _rig.Candidates());

        _rig.Run(20);

        Assert.NotEmpty(_rig.Origins.Probes);
        Assert.Equal("a b", _rig.Candidates());
        _rig.Origins.Kill('a');
        _rig.Run(30);
        Assert.Equal("b", _rig.Candidates());
    }

    [Fact]
    public void A_node_that_alone_cannot_reach_a_member_goes_around_it_until_its_own_check_passes()
    {
        _rig.Origins.Kill('a');
        Judge("a", up: true);
        for (int i = 0; i < 10; i++)
        {
            _rig.Observe("a", Outcome.ConnectFailed);
        }

        for (int i = 0; i < 10; i++)
        {
            Assert.Equal("b", _rig.Candidates());
            _rig.Run(5);
            Judge("a", up: true);
        }

        Assert.NotEmpty(_rig.Origins.Probes);
        _rig.Origins.DownPorts.Clear();
        _rig.Run(6);
        Judge("a", up: true);
        Assert.Equal("a b", _rig.Candidates());
        _rig.Origins.Probes.Clear();
        _rig.Run(4);
        Assert.DoesNotContain(_rig.Origins.Probes, static probe => probe.Targets[0].Port == 1);
    }

    [Fact]
    public void A_check_for_the_supervisor_tells_what_it_found_and_changes_nothing_here()
    {
        Judge("a", up: true);
        _rig.Origins.Kill('a');

        Answer<ProbeResult> failed = Probe("a");
        Answer<ProbeResult> passed = Probe("b");
        Answer<ProbeResult> unknown = Probe("x");
        _rig.Run(1);

        Assert.False(failed.Value.Passed);
        Assert.True(passed.Value.Passed);
        Assert.NotNull(unknown.Error);
        Assert.Equal("a b", _rig.Candidates());
    }

    private void Judge(string member, bool up, string reason = "up")
    {
        Assert.True(_rig.Tree.Pools.TryFind("app", out IRef<PoolMessage>? pool));
        pool.Tell(new PoolMessage.Judge(member, new Judgement(up, reason, TimeSpan.FromSeconds(12))));
        _rig.Run(0);
    }

    private Answer<ProbeResult> Probe(string member)
    {
        Assert.True(_rig.Tree.Pools.TryFind("app", out IRef<PoolMessage>? pool));
        var answer = new Answer<ProbeResult>(pool.Ask<PoolMessage, ProbeResult>(
            reply => new PoolMessage.Probe(member, reply), TimeSpan.FromSeconds(30)).AsTask());
        _rig.Run(0);
        return answer;
    }
}
