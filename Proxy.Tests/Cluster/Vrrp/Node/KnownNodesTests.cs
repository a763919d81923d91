using Proxy.Actors.Config;
using Proxy.Cluster.Vrrp.Node;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Vrrp.Node;

public sealed class KnownNodesTests : IDisposable
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly DateTimeOffset Noon = new(2026, 5, 5, 12, 0, 0, TimeSpan.Zero);

    private readonly TempFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "state", "vip-nodes");

    [Fact]
    public void A_member_that_is_gone_keeps_its_place_for_a_while()
    {
        var known = new KnownNodes(File, Noon);
        Assert.True(known.Look(["b", "a", "c"], Noon, Day));
        Assert.Equal(["a", "b", "c"], known.Names);

        Assert.False(known.Look(["a", "c"], Noon + Day, Day));
        Assert.Equal(["a", "b", "c"], known.Names);
        Assert.True(known.Look(["a", "c"], Noon + Day + TimeSpan.FromSeconds(1), Day));
        Assert.Equal(["a", "c"], known.Names);
    }

    [Fact]
    public void Nobody_is_forgotten_while_nobody_can_tell_who_is_there()
    {
        var known = new KnownNodes(File, Noon);
        known.Look(["a", "b"], Noon, Day);

        Assert.False(known.Look([], Noon + (9 * Day), Day));
        Assert.Equal(["a", "b"], known.Names);
    }

    [Fact]
    public void A_node_that_comes_back_reckons_with_the_same_nodes()
    {
        new KnownNodes(File, Noon).Look(["a", "b", "c"], Noon, Day);

        var known = new KnownNodes(File, Noon + (9 * Day));
        Assert.Equal(["a", "b", "c"], known.Names);
        Assert.False(known.Look(["a", "c"], Noon + (9 * Day), Day));
        Assert.Equal(["a", "b", "c"], known.Names);
    }

    [Fact]
    public void Members_are_placed_like_a_list_of_equal_nodes_and_a_node_that_knows_none_comes_last()
    {
        VipConfig[] vips = [.. Enumerable.Range(1, 3).Select(static i => new VipConfig
        {
            Name = $"vip-{i}", Interface = "eth0", Addresses = [$"10.0.0.{i}/24"], RouterId = i, Priority = 0,
        })];
        var free = new ProxyConfig { Vips = [.. vips] };
        var listed = new ProxyConfig
        {
            Vips = [.. vips],
            VipPlacement = new VipPlacementConfig { Nodes = [.. Named("a", "b", "c")] },
        };
        foreach (string node in (string[])["a", "b", "c"])
        {
            Assert.Equal(
                VipPlan.Of(listed, node).Select(static vip => vip.Settings.Policy.Priority),
                VipPlan.Of(free, node, members: ["c", "a", "b"]).Select(static vip => vip.Settings.Policy.Priority));
        }

        Assert.All(VipPlan.Of(free, "a"), static vip => Assert.Equal(1, vip.Settings.Policy.Priority));
        Assert.True(VipPlan.AsksMembers(free));
        Assert.False(VipPlan.AsksMembers(listed));
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<VipNodeConfig> Named(params string[] names) =>
        names.Select(static name => new VipNodeConfig { Name = name });
}
