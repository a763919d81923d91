using System.Text.Json;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Vrrp.Node;

/// <summary>Planned moves between real nodes, under the eyes of clients.</summary>
[Trait("Suite", "Functional")]
public sealed class VipHandoverTests
{
    private const int First = 11;
    private const int Second = 12;
    private const int Client = 13;
    private const string Address = "10.77.0.101";
    private const int Third = 14;
    private const int Kept = 1000;

    [Fact]
    public async Task A_move_breaks_no_connection_and_refuses_none()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second, Client);
        await using VipNode first = await VipNode.StartAsync(lab, First, Block(150), Second);
        await using VipNode second = await VipNode.StartAsync(lab, Second, Block(100), First);
        string Log() => first.Log + second.Log;
        await SettleAsync(lab, first, second, Log);
        await using ChildProcess client = StartClient(lab);
        await client.WaitForOutputAsync("ready");
        await Task.Delay(TimeSpan.FromMilliseconds(1200), TimeProvider.System, TestContext.Current.CancellationToken);

        await MoveAsync(lab, First, "node-12");
        await lab.WaitForOwnerAsync(Address, Second, Log, TimeSpan.FromSeconds(5));
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken);

        JsonElement seen = await EndAsync(client);
        string story = $"{seen}\n{client.Output}\n{Log()}";
        Assert.True(seen.GetProperty("broken").GetInt32() == 0, story);
        Assert.True(seen.GetProperty("failed").GetInt32() == 0, story);
        Assert.True(seen.GetProperty("servers").TryGetProperty("node-12", out _), story);
        // Those that began at the old place end there.
        Assert.False(seen.GetProperty("keptServers").TryGetProperty("node-12", out _), story);
        Assert.True(seen.GetProperty("asked").GetInt32() > Kept * 3, story);
        Assert.True(seen.GetProperty("stall").GetDouble() < 1000, story);
    }

    [Fact]
    public async Task A_node_that_leaves_and_comes_back_breaks_nothing_and_leaves_no_rules()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second, Client);
        await using VipNode first = await VipNode.StartAsync(lab, First, Block(150), Second);
        await using VipNode second = await VipNode.StartAsync(lab, Second, Block(100), First);
        string Log() => first.Log + second.Log;
        await SettleAsync(lab, first, second, Log);
        await using ChildProcess client = StartClient(lab, kept: 0);
        await client.WaitForOutputAsync("ready");
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, TestContext.Current.CancellationToken);

        await first.Child.SignalAsync("TERM");
        await lab.WaitForOwnerAsync(Address, Second, Log, TimeSpan.FromSeconds(5));
        await first.Child.WaitAsync(TimeSpan.FromSeconds(20));
        await first.RestartAsync();

        // It asks for its own and gets it; the other one serves what it began.
        await lab.WaitForOwnerAsync(Address, First, Log, TimeSpan.FromSeconds(10));
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, TestContext.Current.CancellationToken);
        JsonElement seen = await EndAsync(client);
        string story = $"{seen}\n{client.Output}\n{Log()}";
        Assert.True(seen.GetProperty("failed").GetInt32() == 0, story);
        Assert.True(seen.GetProperty("new").GetInt32() > 300, story);

        await first.Child.SignalAsync("TERM");
        await first.Child.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal("", (await lab.RunAsync(First, "nft", "list", "ruleset")).Trim());
    }

    [Fact]
    public async Task Three_addresses_are_spread_over_three_nodes_and_only_a_dead_one_s_moves()
    {
        string[] addresses = ["10.77.0.101", "10.77.0.102", "10.77.0.103"];
        int[] hosts = [First, Second, Third];
        string list = string.Join(", ", addresses.Select(static (address, i) => $$"""
            { name = vip-{{i}}, interface = eth0, addresses = ["{{address}}/24"], router-id = {{51 + i}}, priority = auto }
            """));
        string block = $$"""
            [ {{list}} ]
            vip-placement { rebalance-after = 0s, nodes { node-11 { }, node-12 { }, node-14 { } } }
            """;
        await using NetworkLab lab = await NetworkLab.CreateAsync(hosts);
        await using VipNode first = await VipNode.StartAsync(lab, First, block, Second, Third);
        await using VipNode second = await VipNode.StartAsync(lab, Second, block, First, Third);
        await using VipNode third = await VipNode.StartAsync(lab, Third, block, First, Second);
        string Log() => first.Log + second.Log + third.Log;
        var owners = new int[3];
        async Task<bool> IsSpreadAsync(int[] over)
        {
            for (int i = 0; i < addresses.Length; i++)
            {
                if (await lab.OwnersAsync(addresses[i]) is not [var owner])
                {
                    return false;
                }

                owners[i] = owner;
            }

            return owners.ToHashSet().SetEquals(over);
        }

        await Eventually.IsTrueAsync(
            () => IsSpreadAsync(hosts), () => $"one on each, not {string.Join(' ', owners)}\n{Log()}",
            TimeSpan.FromSeconds(30));
        int[] before = [.. owners];

        await second.Child.SignalAsync("KILL");
        await Eventually.IsTrueAsync(() => IsSpreadAsync([First, Third]), Log, TimeSpan.FromSeconds(10));
        Assert.All(
            before.Index().Where(static each => each.Item != Second),
            each => Assert.Equal(each.Item, owners[each.Index]));

        await second.RestartAsync();
        await Eventually.IsTrueAsync(
            async () => await IsSpreadAsync(hosts) && owners.SequenceEqual(before), Log, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_pulled_cable_is_told_over_the_other_network_and_frees_who_waits()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second, Client);
        await lab.AddBackAsync(First, Second);
        await using VipNode first = await VipNode.StartAsync(lab, First, Slow(150), back: true, Second);
        await using VipNode second = await VipNode.StartAsync(lab, Second, Slow(100), back: true, First);
        string Log() => first.Log + second.Log;
        await SettleAsync(lab, first, second, Log);

        await using ChildProcess client = await lab.StartWaitingClientAsync(Client, Address);
        // The peers tell each other of connections twice a second.
        await Task.Delay(TimeSpan.FromSeconds(1.2), TimeProvider.System, TestContext.Current.CancellationToken);

        long pulled = TimeProvider.System.GetTimestamp();
        await lab.CableAsync(First, isPlugged: false);
        await lab.WaitForOwnerAsync(Address, Second, Log);
        TimeSpan took = TimeProvider.System.GetElapsedTime(pulled);

        // Adverts alone would need more than 6 s.
        Assert.True(took < TimeSpan.FromSeconds(3), $"{took}\n{Log()}");

        // Nobody sends on that connection: without help it would wait for ever.
        await client.WaitForOutputAsync("freed by ConnectionResetError");
    }

    private static async Task SettleAsync(NetworkLab lab, VipNode first, VipNode second, Func<string> log)
    {
        await lab.WaitForOwnerAsync(Address, First, log, TimeSpan.FromSeconds(30));
        await Eventually.IsTrueAsync(
            async () => await second.StateAsync() == "backup"
                && (await second.VipsAsync()).GetProperty("vips")[0].GetProperty("owner").GetString() == "node-11"
                && await first.StateAsync() == "master",
            () => $"both know each other\n{log()}",
            TimeSpan.FromSeconds(20));
    }

    private static Task<string> MoveAsync(NetworkLab lab, int host, string target) => lab.RunAsync(
        host, "curl", "-sf", "-X", "POST", "-H", "Content-Type: application/json", "-d", "{}",
        $"http://127.0.0.1:8558/api/vips/web/move?to={target}");

    private static ChildProcess StartClient(NetworkLab lab, int kept = Kept) => lab.Start(
        Client, "/", "python3", Path.Combine(Repository.Root, "Proxy.Tests", "Kit", "Apps", "vip_client.py"), Address,
        "8080", $"{kept}");

    private static async Task<JsonElement> EndAsync(ChildProcess client)
    {
        await client.SignalAsync("TERM");
        await client.WaitAsync(TimeSpan.FromSeconds(10));
        string line = client.Output.Split('\n').Last(static line => line.StartsWith('{'));
        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }

    private static string Block(int priority) => $$"""
        { name = web, interface = eth0, addresses = ["{{Address}}/24"], router-id = 51, priority = {{priority}} }
        """;

    private static string Slow(int priority) => $$"""
        { name = web, interface = eth0, addresses = ["{{Address}}/24"], router-id = 51, priority = {{priority}}, advert = 2s }
        """;
}
