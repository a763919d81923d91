using System.Globalization;
using Proxy.Cluster.Singletons;
using Proxy.Tests.Cluster.Engine;
using Proxy.Tests.Kit;
using static Proxy.Tests.Functional.ClusterStage;

namespace Proxy.Tests.Functional;

/// <summary>Three real nodes with a real etcd.</summary>
[Trait("Suite", "Functional")]
public sealed class ClusterTests
{
    [Fact]
    public async Task Three_nodes_are_members_one_dies_and_comes_back_and_none_stops_serving()
    {
        await using EtcdServer etcd = await StartEtcdAsync();
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        await using NodeProcess a = await StartAsync("a", etcd, origin.Url);
        await using NodeProcess b = await StartAsync("b", etcd, origin.Url);
        await using NodeProcess c = await StartAsync("c", etcd, origin.Url);
        foreach (NodeProcess node in (NodeProcess[])[a, b, c])
        {
            await SeesAsync(node, "a Up, b Up, c Up");
        }

        await a.Child.SignalAsync("KILL");
        await SeesAsync(b, "a Up unreachable, b Up, c Up");
        await SeesAsync(c, "b Up, c Up");
        await using NodeProcess again = await StartAsync("a", etcd, origin.Url);
        await SeesAsync(b, "a Up, b Up, c Up");
        await SeesAsync(again, "a Up, b Up, c Up");

        await etcd.KillAsync(0);
        await Eventually.IsTrueAsync(
            async () => (await b.ManageAsync("/cluster/members")).Text.Contains("Stale", StringComparison.Ordinal),
            () => b.Log, Patience);
        WireMessage refused = await ManageAsync(b, "DELETE", "/cluster/members/c");
        await SeesAsync(b, "a Up, b Up, c Up");
        Assert.Equal(503, refused.Status);
        Assert.Equal("ok", (await b.AskAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n")).Text);
        Assert.Equal(200, (await b.ManageAsync("/ready")).Status);
        etcd.Start(0);
        await Eventually.IsTrueAsync(
            async () => (await b.ManageAsync("/cluster/members")).Text.Contains(
                "\"standing\": \"Member\"", StringComparison.Ordinal),
            () => b.Log, Patience);

        Assert.Equal(200, (await ManageAsync(b, "DELETE", "/cluster/members/c")).Status);
        await SeesAsync(b, "a Up, b Up");
        Assert.Equal("ok", (await c.AskAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n")).Text);
        await again.Child.SignalAsync("TERM");
        Assert.Equal(0, await again.Child.WaitAsync(Patience));
        await SeesAsync(b, "b Up");
    }

    [Fact]
    public async Task A_second_node_of_the_same_name_is_refused_and_serves_alone()
    {
        await using EtcdServer etcd = await StartEtcdAsync();
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        await using NodeProcess first = await StartAsync("a", etcd, origin.Url);
        await SeesAsync(first, "a Up");

        await using NodeProcess second = await StartAsync("a", etcd, origin.Url, "address = \"127.0.0.2:7400\"");
        await second.Child.WaitForOutputAsync("the node name \"a\" is taken");

        Assert.Contains("Refused", (await second.ManageAsync("/cluster/members")).Text, StringComparison.Ordinal);
        Assert.Equal("ok", (await second.AskAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n")).Text);
        await SeesAsync(first, "a Up");
    }

    [Fact]
    public async Task One_node_checks_for_all_and_when_it_goes_another_does()
    {
        int checks = 0;
        bool healthy = true;
        await using EtcdServer etcd = await StartEtcdAsync();
        await using var origin = new ScriptedOrigin().Serve(request =>
        {
            if (request.Target != "/health")
            {
                return Answer.Ok("ok");
            }

            Interlocked.Increment(ref checks);
            return Volatile.Read(ref healthy) ? Answer.Ok("ok") : Answer.With(503, "no");
        });
        Dictionary<string, NodeProcess> nodes = [];
        foreach (string name in new[] { "a", "b", "c" })
        {
            nodes[name] = await StartAsync(name, etcd, origin.Url);
        }

        await using NodeProcess a = nodes["a"], b = nodes["b"], c = nodes["c"];
        await SeesAsync(a, "a Up, b Up, c Up");
        // By then it has moved to where it belongs among three.
        await Task.Delay(
            SingletonMachine.SettleTime * 1.4, TimeProvider.System, TestContext.Current.CancellationToken);
        string first = await SupervisorAsync(nodes, "");
        int before = Volatile.Read(ref checks);
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.InRange(Volatile.Read(ref checks) - before, 6, 14);

        Volatile.Write(ref healthy, false);
        foreach (NodeProcess node in nodes.Values)
        {
            await node.Child.WaitForOutputAsync("member app/m2 is Closed with weight 0: health check failed, say");
        }

        Volatile.Write(ref healthy, true);
        Assert.Equal(200, (await ManageAsync(nodes[first], "DELETE", $"/cluster/members/{first}")).Status);
        string second = await SupervisorAsync(nodes, first);
        TellGap(nodes[first], nodes[second]);
        await RawClient.AskOnceAsync(
            nodes[first].ManagementPort,
            "POST /cluster/members HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
            + "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\naddress=x");
        Assert.Equal(first, await SupervisorAsync(nodes, second));
        TellGap(nodes[second], nodes[first]);

        await nodes[first].Child.SignalAsync("KILL");
        DateTimeOffset killed = TimeProvider.System.GetUtcNow();
        nodes.Remove(first, out NodeProcess? gone);
        string third = await SupervisorAsync(nodes, "");
        TimeSpan away = TimeOf(nodes[third], "singleton health/app runs here") - killed;
        Assert.True(gone!.Child.HasEnded);
        // At most 4.5 s for the lease; the rest is for a busy machine.
        Assert.InRange(away, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(6));
        TestContext.Current.SendDiagnosticMessage($"taken over {away.TotalSeconds} s after the kill");
    }

    [Fact]
    public async Task A_node_without_a_cluster_is_a_cluster_of_one()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        await using NodeProcess node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));

        await SeesAsync(node, "test-node Up");

        Assert.Equal(405, (await ManageAsync(node, "DELETE", "/cluster/members/test-node")).Status);
    }

    [Fact]
    public async Task An_engine_that_is_not_there_at_the_first_start_keeps_nobody_from_serving()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        using var nobody = new FreePort();
        await using NodeProcess node = await StartAsync("a", $"http://127.0.0.1:{nobody.Number}", origin.Url);

        await node.Child.WaitForOutputAsync("engine is silent");

        Assert.Equal("ok", (await node.AskAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n")).Text);
        Assert.Equal(200, (await node.ManageAsync("/ready")).Status);
    }

    /// <summary>That it was handed over and not missed: without its lease it would be two seconds at least. How many
    /// milliseconds it takes is measured by ops/cluster-drill.</summary>
    private static void TellGap(NodeProcess from, NodeProcess to)
    {
        TimeSpan gap = TimeOf(to, "singleton health/app runs here") - TimeOf(from, "singleton health/app stops here");
        Assert.InRange(gap, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        TestContext.Current.SendDiagnosticMessage($"handed over in {gap.TotalMilliseconds} ms");
    }

    /// <summary>Who supervises, when it is not that one any more.</summary>
    private static async Task<string> SupervisorAsync(Dictionary<string, NodeProcess> nodes, string not)
    {
        string found = "";
        await Eventually.IsTrueAsync(
            async () =>
            {
                foreach ((string name, NodeProcess node) in nodes.Where(node => node.Key != not))
                {
                    string own = (await node.ManageAsync("/cluster/shards/health")).Text;
                    found = own.Contains("shardId", StringComparison.Ordinal) ? name : found;
                }

                return found.Length > 0;
            },
            () => string.Join('\n', nodes.Values.Select(static node => node.Log)), Patience);
        return found;
    }

    private static DateTimeOffset TimeOf(NodeProcess node, string text) => DateTimeOffset.Parse(
        node.Log.Split('\n').Last(line => line.Contains(text, StringComparison.Ordinal)).Split(' ')[0],
        CultureInfo.InvariantCulture);
}
