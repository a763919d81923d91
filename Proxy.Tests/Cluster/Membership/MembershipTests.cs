using Proxy.Cluster.Membership;

namespace Proxy.Tests.Cluster.Membership;

/// <summary>Nodes with the simulated engine.</summary>
public sealed class MembershipTests
{
    [Fact]
    public void Nodes_come_up_and_all_see_the_same()
    {
        using var cluster = new SimCluster();

        SimClusterNode[] nodes = cluster.StartAll("c", "a", "b");

        Assert.All(nodes, static node => Assert.Equal("a Up, b Up, c Up", node.Text()));
        Assert.All(nodes, static node => Assert.Equal(ClusterStanding.Member, node.View.Standing));
        Assert.All(nodes, static node => Assert.Equal("proxy://test@a:7400", node.View.Leader?.Address));
        Assert.Single(nodes.Select(static node => node.View.Oldest?.Address).Distinct());
        Assert.Equal([1, 2, 3], nodes[0].View.Members.Select(static member => member.UpNumber).Order());
        Assert.Single(nodes.Select(static node => node.Remembered).Distinct());
        Assert.Contains(nodes[0].Events, static happened => happened is MemberEvent.MemberUp { Member.Node.Name: "b" });
    }

    [Fact]
    public void Oldest_and_leader_are_known_by_role()
    {
        using var cluster = new SimCluster();
        cluster.Start("b", static self => self with { Roles = ["edge"] });
        cluster.Run(1);
        SimClusterNode a = cluster.Start("a", static self => self with { Roles = ["edge", "db"] });
        cluster.Run(1);

        Assert.Equal("b", a.View.Oldest?.Node.Name);
        Assert.Equal("b", a.View.OldestOf("edge")?.Node.Name);
        Assert.Equal("a", a.View.OldestOf("db")?.Node.Name);
        Assert.Equal("a", a.View.LeaderOf("edge")?.Node.Name);
        Assert.Null(a.View.OldestOf("none"));
    }

    [Fact]
    public void A_killed_node_turns_unreachable_then_is_downed_and_removed()
    {
        using var cluster = new SimCluster();
        SimClusterNode[] nodes = cluster.StartAll("a", "b", "c");

        nodes[0].Kill();
        cluster.Run(6);
        Assert.Equal("a Up unreachable, b Up, c Up", nodes[1].Text());
        Assert.Equal(
            ["proxy://test@b:7400", "proxy://test@c:7400"], nodes[1].View.Members[0].ObservedBy);
        Assert.Equal("b", nodes[1].View.Leader?.Node.Name);
        cluster.Run(16);

        Assert.Equal("b Up, c Up", nodes[2].Text());
        Assert.Equal(
            ["UnreachableMember", "MemberDowned", "MemberRemoved"],
            nodes[2].Events.Where(static happened => happened.Name is "UnreachableMember" or "MemberDowned"
                or "MemberRemoved").Select(static happened => happened.Name));
    }

    [Fact]
    public void A_restarted_node_replaces_its_old_incarnation_at_once()
    {
        using var cluster = new SimCluster();
        SimClusterNode[] nodes = cluster.StartAll("a", "b");
        long before = nodes[0].View.Self.Incarnation;

        nodes[0].Kill();
        SimClusterNode again = cluster.Start("a");
        cluster.Run(0.5);

        Assert.Equal("a Up, b Up", nodes[1].Text());
        Assert.Equal(again.View.Self.Incarnation, nodes[1].View.Find("a")?.Node.Incarnation);
        Assert.Contains(nodes[1].Events, happened => happened is MemberEvent.MemberRemoved removed
            && removed.Member.Node.Incarnation == before);
        cluster.Run(30);
        Assert.Equal("a Up, b Up", nodes[1].Text());
    }

    [Fact]
    public void A_node_cut_off_for_long_is_removed_and_joins_again_without_a_restart()
    {
        using var cluster = new SimCluster();
        SimClusterNode[] nodes = cluster.StartAll("a", "b", "c");
        long before = nodes[0].View.Self.Incarnation;

        nodes[0].Engine.Cut();
        cluster.Run(30);
        Assert.Equal(ClusterStanding.Stale, nodes[0].View.Standing);
        Assert.Equal("a Up, b Up, c Up", nodes[0].Text());
        Assert.Equal("b Up, c Up", nodes[1].Text());
        nodes[0].Engine.Heal();
        cluster.Run(3);

        Assert.All(nodes, static node => Assert.Equal("a Up, b Up, c Up", node.Text()));
        Assert.Equal(ClusterStanding.Member, nodes[0].View.Standing);
        Assert.NotEqual(before, nodes[0].View.Self.Incarnation);
        Assert.Equal("b", nodes[0].View.Oldest?.Node.Name);
    }

    [Fact]
    public void A_node_cut_off_for_a_moment_takes_up_its_place_again()
    {
        using var cluster = new SimCluster();
        SimClusterNode[] nodes = cluster.StartAll("a", "b");
        long before = nodes[0].View.Self.Incarnation;

        nodes[0].Engine.Cut();
        cluster.Run(9);
        Assert.Equal("a Up unreachable, b Up", nodes[1].Text());
        nodes[0].Engine.Heal();
        cluster.Run(3);

        Assert.Equal("a Up, b Up", nodes[1].Text());
        Assert.Equal(before, nodes[0].View.Self.Incarnation);
        Assert.Contains(nodes[1].Events, static happened => happened is MemberEvent.ReachableMember);
    }

    [Fact]
    public void While_the_engine_is_away_the_view_stays_and_afterwards_all_is_as_before()
    {
        using var cluster = new SimCluster();
        SimClusterNode[] nodes = cluster.StartAll("a", "b", "c");
        long[] before = [.. nodes.Select(static node => node.View.Self.Incarnation)];

        cluster.Engine.FallSilent("all etcd members are gone");
        cluster.Run(300);
        Assert.All(nodes, static node => Assert.Equal("a Up, b Up, c Up", node.Text()));
        Assert.All(nodes, static node => Assert.Contains("all etcd members are gone", node.View.Problems[0]));
        OrderResult refused = cluster.Order(nodes[0], MemberOrderKind.Down, "b");
        cluster.Engine.Answer();
        cluster.Run(20);

        Assert.Equal(OrderOutcome.Unavailable, refused.Outcome);
        Assert.All(nodes, static node => Assert.Equal("a Up, b Up, c Up", node.Text()));
        Assert.Equal(before, nodes.Select(static node => node.View.Self.Incarnation));
        Assert.All(nodes, static node => Assert.Empty(node.View.Problems));
    }

    [Fact]
    public void An_engine_that_comes_back_empty_is_filled_again_under_the_same_id()
    {
        using var cluster = new SimCluster();
        SimClusterNode a = cluster.StartAll("a")[0];
        string id = a.View.ClusterId;
        using var other = new SimCluster(2);

        SimClusterNode moved = other.Start(
            "a", settings: SimCluster.Settings with { ClusterId = a.Remembered });
        other.Run(2);

        Assert.Equal("a Up", moved.Text());
        Assert.Equal(id, moved.View.ClusterId);
    }

    [Fact]
    public void An_unreachable_engine_at_the_first_start_is_told_and_found_later()
    {
        using var cluster = new SimCluster();
        cluster.Engine.FallSilent("connection refused");

        SimClusterNode a = cluster.Start("a");
        cluster.Run(30);
        Assert.Equal(ClusterStanding.Connecting, a.View.Standing);
        Assert.Contains("silent", Assert.Single(a.View.Problems));
        cluster.Engine.Answer();
        cluster.Run(3);

        Assert.Equal("a Up", a.Text());
    }

    [Fact]
    public void Another_node_under_a_taken_name_is_refused_and_the_running_one_stays()
    {
        using var cluster = new SimCluster();
        SimClusterNode first = cluster.StartAll("a")[0];

        SimClusterNode second = cluster.Start(
            "a", static self => self with { Home = "elsewhere", PeerAddress = "10.0.0.9:7400" });
        cluster.Run(20);

        Assert.Equal(ClusterStanding.Refused, second.View.Standing);
        Assert.Contains("the node name \"a\" is taken: a:7400", Assert.Single(second.View.Problems));
        Assert.Equal(ClusterStanding.Member, first.View.Standing);
        Assert.Equal("proxy://test@a:7400", first.View.Members.Single().Address);
        first.Kill();
        cluster.Run(8);
        Assert.Equal(ClusterStanding.Member, second.View.Standing);
    }

    [Fact]
    public void A_second_process_of_the_same_node_takes_over_and_the_first_goes_quiet()
    {
        using var cluster = new SimCluster();
        SimClusterNode old = cluster.StartAll("a")[0];

        SimClusterNode next = cluster.Start("a");
        cluster.Run(30);

        Assert.Equal(ClusterStanding.Replaced, old.View.Standing);
        Assert.Equal(ClusterStanding.Member, next.View.Standing);
        Assert.Equal("a Up", next.Text());
        Assert.False(old.Board.Latest.Session.Exists);
    }

    [Fact]
    public void A_process_that_was_replaced_cannot_send_its_successor_away()
    {
        using var cluster = new SimCluster();
        SimClusterNode old = cluster.StartAll("a")[0];
        SimClusterNode next = cluster.Start("a");
        cluster.Run(2);

        OrderResult late = cluster.Order(old, MemberOrderKind.Leave, "a", old.View.Self.Incarnation);
        cluster.Run(5);

        Assert.Equal(OrderOutcome.NotFound, late.Outcome);
        Assert.Equal(ClusterStanding.Member, next.View.Standing);
    }

    [Fact]
    public void A_node_of_another_cluster_is_refused()
    {
        using var cluster = new SimCluster();
        cluster.StartAll("a");

        SimClusterNode b = cluster.Start("b", settings: SimCluster.Settings with { ClusterId = "another" });
        cluster.Run(10);

        Assert.Equal(ClusterStanding.Refused, b.View.Standing);
        Assert.Contains("belongs to cluster another", Assert.Single(b.View.Problems));
        Assert.Equal("a Up", b.Text());
        Assert.Equal(OrderOutcome.Unavailable, cluster.Order(b, MemberOrderKind.Down, "a").Outcome);
        Assert.Equal("a Up", b.Text());
    }

    [Fact]
    public void A_version_without_a_common_protocol_is_refused_until_the_others_are_gone()
    {
        using var cluster = new SimCluster();
        SimClusterNode young = cluster.Start(
            "a", static self => self with { Version = "9.0", Protocols = new ProtocolRange(3, 4) });
        cluster.Run(1);

        SimClusterNode old = cluster.Start("b");
        cluster.Run(2);
        Assert.Equal(
            "version 1.0 is too old for this cluster: it speaks protocol 1 to 1, a (version 9.0) 3 to 4; "
            + "run a version on this node that the cluster understands",
            Assert.Single(old.View.Problems));
        young.Kill();
        cluster.Run(25);

        Assert.Equal("b Up", old.Text());
    }

    [Fact]
    public void A_node_leaves_when_it_was_told_to_and_comes_back_when_it_was_told_to()
    {
        using var cluster = new SimCluster();
        SimClusterNode[] nodes = cluster.StartAll("a", "b");
        nodes[0].Tell(new MembershipInput.SingletonsHeld(1));

        OrderResult leaving = cluster.Order(nodes[1], MemberOrderKind.Leave, "test@a:7400");
        Assert.Equal("a Leaving, b Up", nodes[1].Text());
        nodes[0].Tell(new MembershipInput.SingletonsHeld(0));
        cluster.Run(1);

        Assert.Equal(new OrderResult(leaving.Ticket, OrderOutcome.Done, "Leaving proxy://test@a:7400"), leaving);
        Assert.Equal("b Up", nodes[1].Text());
        Assert.Equal(
            ["MemberLeft", "MemberExited", "MemberRemoved"],
            nodes[1].Events.Select(static happened => happened.Name).Where(static name => name.StartsWith("Member")
                && name is not ("MemberUp" or "MemberJoined")));
        Assert.Equal(ClusterStanding.Left, nodes[0].View.Standing);
        cluster.Run(60);
        Assert.Equal("b Up", nodes[1].Text());
        cluster.Order(nodes[0], MemberOrderKind.Join, "proxy://test@b:7400");
        Assert.Equal("a Up, b Up", nodes[1].Text());
    }

    [Fact]
    public void A_leaving_node_that_never_hands_over_is_taken_out_after_a_while()
    {
        using var cluster = new SimCluster();
        SimClusterNode[] nodes = cluster.StartAll("a", "b");
        nodes[1].Tell(new MembershipInput.SingletonsHeld(1));

        cluster.Order(nodes[1], MemberOrderKind.Leave, "b");
        cluster.Run(30);

        Assert.Equal("a Up", nodes[0].Text());
    }

    [Fact]
    public void A_living_node_that_was_downed_joins_again_as_another_incarnation()
    {
        using var cluster = new SimCluster();
        SimClusterNode[] nodes = cluster.StartAll("a", "b");
        long before = nodes[1].View.Self.Incarnation;

        OrderResult result = cluster.Order(nodes[0], MemberOrderKind.Down, "proxy://test@b:7400");
        OrderResult unknown = cluster.Order(nodes[0], MemberOrderKind.Down, "x");
        cluster.Run(2);

        Assert.Equal("Downing proxy://test@b:7400", result.Message);
        Assert.Equal(OrderOutcome.NotFound, unknown.Outcome);
        Assert.Equal("a Up, b Up", nodes[0].Text());
        Assert.NotEqual(before, nodes[1].View.Self.Incarnation);
        Assert.Contains(nodes[0].Events, static happened => happened is MemberEvent.MemberDowned);
    }

    [Fact]
    public void What_peers_cannot_reach_is_flagged_by_its_observers_and_never_removed()
    {
        using var cluster = new SimCluster();
        SimClusterNode[] nodes = cluster.StartAll("a", "b", "c");

        nodes[2].Tell(new MembershipInput.PeersSilent(["b"]));
        cluster.Run(60);
        Assert.Equal("a Up, b Up unreachable, c Up", nodes[0].Text());
        Assert.Equal(["proxy://test@c:7400"], nodes[0].View.Find("b")!.ObservedBy);
        nodes[2].Tell(new MembershipInput.PeersSilent([]));
        cluster.Run(1);

        Assert.Equal("a Up, b Up, c Up", nodes[0].Text());
    }

    [Fact]
    public void The_load_of_a_node_reaches_the_others()
    {
        using var cluster = new SimCluster();
        SimClusterNode[] nodes = cluster.StartAll("a", "b");

        nodes[0].Tell(new MembershipInput.LoadChanged(new NodeLoad(12, 300, 40)));
        cluster.Run(11);

        Assert.Equal(new NodeLoad(12, 300, 40), nodes[1].View.Find("a")?.Load);
    }

    [Fact]
    public void Lost_answers_do_no_harm()
    {
        using var cluster = new SimCluster();
        SimClusterNode a = cluster.Start("a");
        for (int i = 0; i < 20; i++)
        {
            a.Engine.LoseNextAnswer = true;
            cluster.Run(0.3);
        }

        cluster.Run(5);

        Assert.Equal("a Up", a.Text());
    }

    [Fact]
    public void A_forgotten_history_is_read_anew()
    {
        using var cluster = new SimCluster();
        SimClusterNode[] nodes = cluster.StartAll("a", "b");

        nodes[0].Engine.Cut();
        cluster.Run(1);
        cluster.Start("c");
        cluster.Run(1);
        cluster.Engine.Compact(cluster.Engine.Revision);
        nodes[0].Engine.Heal();
        cluster.Run(3);

        Assert.Equal("a Up, b Up, c Up", nodes[0].Text());
    }
}
