using Proxy.Cluster.Membership;
using Proxy.Cluster.Singletons;
using Proxy.Tests.Cluster.Membership;

namespace Proxy.Tests.Cluster.Singletons;

public sealed class SingletonTests
{
    [Fact]
    public void Singletons_are_spread_over_the_nodes_and_each_runs_once()
    {
        using var cluster = new SimCluster();
        var resource = new SimResource(cluster.Sim.Time);
        string[] names = [.. Enumerable.Range(0, 30).Select(static i => $"s{i}")];
        SimClusterNode[] nodes = Start(cluster, resource, names, "a", "b", "c");

        cluster.Run(20);

        string[] holders = [.. names.Select(name => Assert.Single(resource.Holders(name)))];
        Assert.All("abc", node => Assert.InRange(holders.Count(holder => holder == $"{node}"), 4, 18));
        Assert.All(names, name => Assert.Equal(
            Assert.Single(resource.Holders(name)), nodes[0].Owners.OwnerOf(name)?.Node));
        Assert.Empty(resource.Violations);
    }

    [Fact]
    public void After_a_kill_another_node_has_it_when_the_lease_has_ended()
    {
        using var cluster = new SimCluster();
        var resource = new SimResource(cluster.Sim.Time);
        SimClusterNode[] nodes = Start(cluster, resource, ["s"], "a", "b", "c");
        cluster.Run(10);
        string before = Assert.Single(resource.Holders("s"));
        var token = nodes[0].Owners.TokenOf("s");

        nodes.First(node => node.View.Self.Name == before).Kill();
        TimeSpan killed = resource.Now;
        cluster.Run(7);

        Assert.NotEqual(before, Assert.Single(resource.Holders("s")));
        Assert.InRange(resource.History[^1].At - killed, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4.6));
        Assert.True(nodes.First(static node => !node.IsDead).Owners.TokenOf("s") > token);
    }

    [Fact]
    public void A_leaving_node_hands_over_before_it_is_out()
    {
        using var cluster = new SimCluster();
        var resource = new SimResource(cluster.Sim.Time);
        SimClusterNode[] nodes = Start(cluster, resource, ["s"], "a", "b", "c");
        cluster.Run(10);
        SimClusterNode holder = nodes.First(node => node.View.Self.Name == resource.Holders("s").Single());
        resource.History.Clear();

        cluster.Order(holder, MemberOrderKind.Leave, holder.View.Self.Name);

        Assert.Equal(ClusterStanding.Left, holder.View.Standing);
        Assert.NotEqual(holder.View.Self.Name, Assert.Single(resource.Holders("s")));
        Assert.Equal(2, resource.History.Count);
        Assert.InRange(
            resource.History[1].At - resource.History[0].At, TimeSpan.Zero, TimeSpan.FromMilliseconds(10));
    }

    [Fact]
    public void A_node_that_should_have_it_gets_it_after_a_while_and_without_a_gap()
    {
        using var cluster = new SimCluster();
        var resource = new SimResource(cluster.Sim.Time);
        string last = Rendezvous.Order("s", ["a", "b", "c"])[0];
        string[] others = [.. new[] { "a", "b", "c" }.Where(name => name != last)];
        Start(cluster, resource, ["s"], others);
        cluster.Run(10);
        resource.History.Clear();

        Start(cluster, resource, ["s"], last);
        cluster.Run(2);
        Assert.NotEqual(last, Assert.Single(resource.Holders("s")));
        cluster.Run(5);

        Assert.Equal(last, Assert.Single(resource.Holders("s")));
        Assert.InRange(
            resource.History[1].At - resource.History[0].At, TimeSpan.Zero, TimeSpan.FromMilliseconds(10));
    }

    [Fact]
    public void A_holder_without_the_engine_stops_by_itself_before_its_lease_ends_and_goes_on_when_nobody_took_it()
    {
        using var cluster = new SimCluster();
        var resource = new SimResource(cluster.Sim.Time);
        Start(cluster, resource, ["s"], "a", "b");
        cluster.Run(10);
        string holder = Assert.Single(resource.Holders("s"));

        cluster.Engine.FallSilent("gone");
        cluster.Run(4.01);
        Assert.Empty(resource.Holders("s"));
        cluster.Run(60);
        Assert.Empty(resource.Holders("s"));
        cluster.Engine.Answer();
        cluster.Run(2);

        Assert.Equal(holder, Assert.Single(resource.Holders("s")));
        Assert.Empty(resource.Violations);
    }

    [Fact]
    public void A_short_election_of_the_engine_deposes_nobody()
    {
        using var cluster = new SimCluster();
        var resource = new SimResource(cluster.Sim.Time);
        Start(cluster, resource, ["s"], "a", "b");
        cluster.Run(10);
        resource.History.Clear();

        for (int i = 0; i < 10; i++)
        {
            cluster.Engine.Elect(TimeSpan.FromSeconds(1.7));
            cluster.Run(5.3);
        }

        Assert.Empty(resource.History);
    }

    [Fact]
    public void Before_all_nodes_are_stopped_singletons_stay_and_end_with_their_nodes()
    {
        using var cluster = new SimCluster();
        var resource = new SimResource(cluster.Sim.Time);
        SimClusterNode[] nodes = Start(cluster, resource, ["s"], "a", "b");
        cluster.Run(10);
        string holder = Assert.Single(resource.Holders("s"));

        cluster.Order(nodes[0], MemberOrderKind.Close, "");
        cluster.Order(nodes[0], MemberOrderKind.Leave, holder);
        cluster.Run(10);
        Assert.Empty(resource.Holders("s"));
        SimClusterNode again = Start(cluster, resource, ["s"], "c")[0];
        cluster.Run(5);

        Assert.False(again.View.IsClosing);
        Assert.Single(resource.Holders("s"));
    }

    [Fact]
    public void What_is_not_configured_any_more_is_given_up()
    {
        using var cluster = new SimCluster();
        var resource = new SimResource(cluster.Sim.Time);
        SimClusterNode[] nodes = Start(cluster, resource, ["s", "t"], "a");
        cluster.Run(3);
        Assert.Equal("a", Assert.Single(resource.Holders("s")));

        nodes[0].Take(resource.Singleton("t", "a"));
        cluster.Run(3);

        Assert.Empty(resource.Holders("s"));
        Assert.Null(nodes[0].Owners.OwnerOf("s"));
        Assert.Equal("a", Assert.Single(resource.Holders("t")));
    }

    [Fact]
    public void Rendezvous_moves_only_what_the_new_node_wins()
    {
        string[] names = [.. Enumerable.Range(0, 1000).Select(static i => $"health/pool-{i}")];

        string[] before = [.. names.Select(static name => Rendezvous.Order(name, ["a", "b", "c"])[0])];
        string[] after = [.. names.Select(static name => Rendezvous.Order(name, ["d", "c", "b", "a"])[0])];

        Assert.All(before.Zip(after), static pair => Assert.True(pair.First == pair.Second || pair.Second == "d"));
        Assert.InRange(after.Count(static node => node == "d"), 200, 300);
        Assert.All(["a", "b", "c"], node => Assert.InRange(before.Count(one => one == node), 270, 400));
    }

    private static SimClusterNode[] Start(
        SimCluster cluster, SimResource resource, string[] singletons, params string[] names)
    {
        SimClusterNode[] nodes = cluster.StartAll(names);
        foreach (SimClusterNode node in nodes)
        {
            node.Take([.. singletons.Select(name => resource.Singleton(name, node.View.Self.Name))]);
        }

        return nodes;
    }
}
