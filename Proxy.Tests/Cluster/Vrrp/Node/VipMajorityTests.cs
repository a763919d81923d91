using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Vrrp.Node;

/// <summary>Whole nodes in a cluster on a real etcd, whose virtual addresses go with the majority.</summary>
[Trait("Suite", "Functional")]
public sealed class VipMajorityTests
{
    private const int First = 11;
    private const int Second = 12;
    private const int Third = 13;
    private const int Engine = 14;
    private const string Url = "http://10.78.0.14:2379";
    private static readonly int[] Nodes = [First, Second, Third];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Addresses_are_placed_by_membership_stay_when_the_engine_is_lost_and_leave_a_node_that_is_cut_off()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync([.. Nodes, Engine]);
        await lab.AddBackAsync([.. Nodes, Engine]);
        using var folder = new TempFolder();
        await using ChildProcess engine = StartEngine(lab, folder.Path);
        await using VipNode first = await StartAsync(lab, First);
        await using VipNode second = await StartAsync(lab, Second);
        await using VipNode third = await StartAsync(lab, Third);
        VipNode[] nodes = [first, second, third];
        string Log() => string.Concat(nodes.Select(static node => node.Log));
        // One for each, without a list of nodes in any file.
        await Eventually.IsTrueAsync(
            async () => (await OwnersAsync(lab)).Order().SequenceEqual(Nodes), Log, Patience);
        int[] owners = await OwnersAsync(lab);
        int[] before = [.. nodes.Select(Takeovers)];

        await engine.SignalAsync("KILL");
        await engine.WaitAsync(Patience);
        foreach (VipNode node in nodes)
        {
            await node.Child.WaitForOutputAsync("the cluster's engine is silent");
        }

        // Well beyond the time after which a node that is alone gives its address up.
        await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(owners, await OwnersAsync(lab));
        Assert.Equal(before, nodes.Select(Takeovers));

        await using ChildProcess again = StartEngine(lab, folder.Path);
        await Eventually.IsTrueAsync(
            () => nodes.All(static node => node.Log.LastIndexOf("this node is Member", StringComparison.Ordinal)
                > node.Log.LastIndexOf("this node is Stale", StringComparison.Ordinal)), Log, Patience);
        await lab.RunAsync(First, "ip", "link", "set", "eth1", "down");
        int lost = Array.IndexOf(owners, First);
        await Eventually.IsTrueAsync(
            async () => (await OwnersAsync(lab))[lost] is Second or Third, Log, Patience);
        int[] after = await OwnersAsync(lab);
        Assert.Equal(owners.Where(owner => owner != First), after.Where((_, i) => i != lost));
        Assert.Contains("cut off from the majority", first.Log, StringComparison.Ordinal);
    }

    private static ChildProcess StartEngine(NetworkLab lab, string folder) => lab.Start(
        Engine, folder, "etcd", "--name", "m", "--data-dir", Path.Combine(folder, "m"),
        "--listen-client-urls", Url, "--advertise-client-urls", Url,
        "--listen-peer-urls", "http://10.78.0.14:2380", "--initial-advertise-peer-urls", "http://10.78.0.14:2380",
        "--initial-cluster", "m=http://10.78.0.14:2380");

    private static Task<VipNode> StartAsync(NetworkLab lab, int host) => VipNode.StartAsync(
        lab, host, $$"""
            [
            {{string.Join('\n', Nodes.Select(each => $$"""
              { name = vip-{{each}}, interface = eth0, addresses = ["{{AddressOf(each)}}/24"], router-id = {{each}}
                priority = auto, track { majority = true } }
              """))}}
            ]
            vip-placement { rebalance-after = 0s }
            cluster {
              engine = etcd, etcd { endpoints = ["{{Url}}"] }, down-after = 2s
              address = "10.78.0.{{host}}:7400"
            }
            """,
        back: true);

    private static string AddressOf(int vip) => $"10.77.0.{100 + vip}";

    /// <summary>Of each address in turn; 0 for one that nobody has, -1 for one that several have.</summary>
    private static async Task<int[]> OwnersAsync(NetworkLab lab)
    {
        var owners = new List<int>();
        foreach (int vip in Nodes)
        {
            owners.Add(await lab.OwnersAsync(AddressOf(vip)) switch { [var one] => one, [] => 0, _ => -1 });
        }

        return [.. owners];
    }

    private static int Takeovers(VipNode node) => node.Log.Split(" is master ").Length - 1;
}
