using System.Text.Json;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Vrrp.Node;

/// <summary>A site with an IPv4 and an IPv6 address in one sync group: what holds for one family holds for both.
/// </summary>
[Trait("Suite", "Functional")]
public sealed class VipFamilyTests
{
    private const int First = 11;
    private const int Second = 12;
    private const int Client = 13;
    private const int Kept = 200;
    private static readonly string[] Addresses = ["10.77.0.101", "fd77::101"];

    [Fact]
    public async Task A_sync_group_of_both_families_is_handed_over_as_a_whole_and_breaks_no_connection()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second, Client);
        await using VipNode first = await VipNode.StartAsync(lab, First, Block(150, 100), Second);
        await using VipNode second = await VipNode.StartAsync(lab, Second, Block(100, 100), First);
        string Log() => first.Log + second.Log;
        await SettleAsync(lab, first, second, Log);
        await using ChildProcess ipv4 = StartClient(lab, Addresses[0]);
        await using ChildProcess ipv6 = StartClient(lab, Addresses[1]);
        await ipv4.WaitForOutputAsync("ready");
        await ipv6.WaitForOutputAsync("ready");

        await lab.RunAsync(
            First, "curl", "-sf", "-X", "POST", "-H", "Content-Type: application/json", "-d", "{}",
            "http://127.0.0.1:8558/api/vips/web6/move?to=node-12");
        foreach (string address in Addresses)
        {
            await lab.WaitForOwnerAsync(address, Second, Log, TimeSpan.FromSeconds(5));
        }

        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        foreach (ChildProcess client in (ChildProcess[])[ipv4, ipv6])
        {
            JsonElement seen = await EndAsync(client);
            string story = $"{seen}\n{client.Output}\n{Log()}";
            Assert.True(seen.GetProperty("broken").GetInt32() == 0, story);
            Assert.True(seen.GetProperty("failed").GetInt32() == 0, story);
            Assert.True(seen.GetProperty("servers").TryGetProperty("node-12", out _), story);
            Assert.False(seen.GetProperty("keptServers").TryGetProperty("node-12", out _), story);
            Assert.True(seen.GetProperty("asked").GetInt32() > Kept, story);
        }
    }

    [Fact]
    public async Task A_client_over_IPv6_that_only_waits_is_freed_after_a_pulled_cable()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second, Client);
        await lab.AddBackAsync(First, Second);
        await using VipNode first = await VipNode.StartAsync(lab, First, Block(150, 2000), back: true, Second);
        await using VipNode second = await VipNode.StartAsync(lab, Second, Block(100, 2000), back: true, First);
        string Log() => first.Log + second.Log;
        await SettleAsync(lab, first, second, Log);
        await using ChildProcess client = await lab.StartWaitingClientAsync(Client, Addresses[1]);
        // The peers tell each other of connections twice a second.
        await Task.Delay(TimeSpan.FromSeconds(1.2), TimeProvider.System, TestContext.Current.CancellationToken);

        await lab.CableAsync(First, isPlugged: false);
        await lab.WaitForOwnerAsync(Addresses[1], Second, Log);

        await client.WaitForOutputAsync("freed by ConnectionResetError");
    }

    private static async Task SettleAsync(NetworkLab lab, VipNode first, VipNode second, Func<string> log)
    {
        foreach (string address in Addresses)
        {
            await lab.WaitForOwnerAsync(address, First, log, TimeSpan.FromSeconds(30));
        }

        await Eventually.IsTrueAsync(
            async () => await first.StateAsync(0) == "master" && await first.StateAsync(1) == "master"
                && (await second.VipsAsync()).GetProperty("vips").EnumerateArray()
                    .All(static vip => vip.GetProperty("owner").GetString() == "node-11"),
            () => $"both know each other\n{log()}",
            TimeSpan.FromSeconds(20));
    }

    private static ChildProcess StartClient(NetworkLab lab, string address) => lab.Start(
        Client, "/", "python3", Path.Combine(Repository.Root, "Proxy.Tests", "Kit", "Apps", "vip_client.py"), address,
        "8080", $"{Kept}");

    private static async Task<JsonElement> EndAsync(ChildProcess client)
    {
        await client.SignalAsync("TERM");
        await client.WaitAsync(TimeSpan.FromSeconds(10));
        using JsonDocument document = JsonDocument.Parse(
            client.Output.Split('\n').Last(static line => line.StartsWith('{')));
        return document.RootElement.Clone();
    }

    private static string Block(int priority, int advert) => $$"""
        [
          { name = web4, interface = eth0, addresses = ["{{Addresses[0]}}/24"], router-id = 51, priority = {{priority}}
            advert = {{advert}}ms, sync-group = web }
          { name = web6, interface = eth0, addresses = ["{{Addresses[1]}}/64"], router-id = 52, priority = {{priority}}
            advert = {{advert}}ms, sync-group = web }
        ]
        listeners = [ { name = web, bind = "[::]:8080", access-log { enabled = false } } ]
        """;
}
