using Proxy.Cluster.Vrrp.Node;

namespace Proxy.Tests.Cluster.Vrrp.Node;

public sealed class VipPlacementTests
{
    [Fact]
    public void Three_routers_are_spread_over_three_nodes_and_a_dead_ones_goes_to_a_survivor()
    {
        var order = VipPlacement.Order(Vips(3), Nodes(100, 100, 100));

        Assert.Equal(["n1", "n2", "n3"], order.Values.Select(static nodes => nodes[0]).Order());
        Assert.All(order.Values, static nodes => Assert.Equal(3, nodes.Distinct().Count()));
    }

    [Fact]
    public void Every_node_computes_the_same_whatever_the_order_of_its_lists()
    {
        var random = new Random(7);
        PlacedVip[] vips = Vips(9);
        PlacedNode[] nodes = Nodes(100, 50, 200, 100);
        string expected = Show(VipPlacement.Order(vips, nodes));
        for (int i = 0; i < 20; i++)
        {
            random.Shuffle(vips);
            random.Shuffle(nodes);
            Assert.Equal(expected, Show(VipPlacement.Order(vips, nodes)));
        }
    }

    /// <summary>Only the dead node's routers move, and they do not all go to the same survivor.</summary>
    [Fact]
    public void A_dead_nodes_routers_are_spread_over_the_survivors_and_no_other_moves()
    {
        var random = new Random(11);
        for (int round = 0; round < 200; round++)
        {
            int nodeCount = random.Next(2, 7);
            PlacedNode[] nodes = Nodes([.. Enumerable.Repeat(100, nodeCount)]);
            var order = VipPlacement.Order(Vips(random.Next(1, 25)), nodes);
            Dictionary<string, int> before = Loads(order, nodes, []);
            Assert.True(before.Values.Max() - before.Values.Min() <= 1, $"round {round}: {Show(order)}");

            string dead = nodes[random.Next(nodeCount)].Name;
            Dictionary<string, int> after = Loads(order, nodes, [dead]);
            Assert.True(after.Values.Max() - after.Values.Min() <= 1, $"round {round}, {dead} dead: {Show(order)}");
            Assert.All(after, pair => Assert.True(pair.Value >= before[pair.Key]));
        }
    }

    [Fact]
    public void Weights_decide_the_shares_and_zero_is_the_last_resort()
    {
        PlacedNode[] nodes = Nodes(300, 100, 0);
        var order = VipPlacement.Order(Vips(8), nodes);

        Dictionary<string, int> loads = Loads(order, nodes, []);
        Assert.Equal((6, 2), (loads["n1"], loads["n2"]));
        Assert.All(order.Values, static list => Assert.Equal("n3", list[2]));
    }

    [Fact]
    public void A_pinned_router_is_on_its_node_and_the_others_make_room()
    {
        PlacedVip[] vips = Vips(3);
        vips[0] = vips[0] with { Pin = "n2" };
        vips[1] = vips[1] with { Pin = "n2" };
        var order = VipPlacement.Order(vips, Nodes(100, 100, 100));

        Assert.Equal("n2", order[vips[0].Name][0]);
        Assert.Equal("n2", order[vips[1].Name][0]);
        Assert.NotEqual("n2", order[vips[2].Name][0]);
    }

    [Fact]
    public void Priorities_go_down_in_steps_and_strangers_come_last()
    {
        string[] order = ["a", "b", "c"];

        Assert.Equal([250, 240, 230, 220], new[] { "a", "b", "c", "x" }.Select(n => (int)VipPlan.PriorityOf(order, n)));
    }

    private static PlacedVip[] Vips(int count) =>
        [.. Enumerable.Range(1, count).Select(static i => new PlacedVip($"vip-{i}", ""))];

    private static PlacedNode[] Nodes(params int[] weights) =>
        [.. weights.Select(static (weight, i) => new PlacedNode($"n{i + 1}", weight))];

    private static Dictionary<string, int> Loads(
        IReadOnlyDictionary<string, IReadOnlyList<string>> order, PlacedNode[] nodes, string[] dead)
    {
        var loads = nodes.Where(node => !dead.Contains(node.Name)).ToDictionary(n => n.Name, static _ => 0);
        foreach (IReadOnlyList<string> list in order.Values)
        {
            loads[list.First(name => !dead.Contains(name))]++;
        }

        return loads;
    }

    private static string Show(IReadOnlyDictionary<string, IReadOnlyList<string>> order) => string.Join(
        "; ", order.OrderBy(static pair => pair.Key).Select(static pair => $"{pair.Key}: {string.Join(' ', pair.Value)}"));
}
