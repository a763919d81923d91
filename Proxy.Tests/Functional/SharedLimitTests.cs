using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>Limits and sessions of three real nodes that know each other by seeds.</summary>
[Trait("Suite", "Functional")]
public sealed class SharedLimitTests : IAsyncDisposable
{
    private readonly ScriptedOrigin _a = Application("a");
    private readonly ScriptedOrigin _b = Application("b");
    private readonly int[] _ports = [FreePort.Probe(), FreePort.Probe(), FreePort.Probe()];
    private readonly List<NodeProcess> _nodes = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        await _a.DisposeAsync();
        await _b.DisposeAsync();
    }

    [Fact]
    public async Task Three_nodes_admit_one_limit_whatever_the_split()
    {
        await StartAsync("rate-limit { rate = \"100/d\", burst = 100, key = global }", "");

        var statuses = new List<int>();
        foreach (var (node, count) in new[] { (0, 60), (1, 50), (2, 40) })
        {
            using var client = await _nodes[node].ConnectAsync();
            for (var i = 0; i < count; i++)
            {
                statuses.Add((await client.AskAsync(Get("/"))).Status);
            }
        }

        Assert.All(statuses, status => Assert.True(status is 200 or 429, $"{status}"));
        // Never more. Fewer on a busy machine: a request waits for the key's owner only so long.
        Assert.InRange(statuses.Count(status => status == 200), 80, 101);
    }

    [Fact]
    public async Task A_session_is_known_on_every_node_and_survives_the_one_that_learned_it()
    {
        await StartAsync("rate-limit { rate = \"1000000/s\" }", "affinity { application-cookie { name = SID } }");
        var sessions = new List<(string Cookie, string Member)>();
        for (var i = 0; i < 8; i++)
        {
            var login = await _nodes[0].AskAsync(Get("/login"));
            sessions.Add((login.Value("Set-Cookie").Split(';')[0], login.Text));
        }

        Assert.Equal(2, sessions.Select(session => session.Member).Distinct().Count());
        await StayAsync(_nodes[1], sessions);
        await _nodes[0].Child.SignalAsync("KILL");
        await StayAsync(_nodes[1], sessions);
        await StayAsync(_nodes[2], sessions);
    }

    [Fact]
    public async Task Three_nodes_together_keep_to_the_slots_of_a_member()
    {
        await StartAsync(
            "rate-limit { rate = \"1000000/s\" }", "",
            $"{{ name = a, url = \"{_a.Url}\", max-connections-cluster = 6 }}");
        (int now, int most) = (0, 0);
        bool isMeasuring = false;
        _a.Serve(async _ =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref now));
            // On a busy machine requests come one after the other; then they have to wait for each other to meet.
            long begin = TimeProvider.System.GetTimestamp();
            do
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
            while (isMeasuring && Volatile.Read(ref most) < 4
                && TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromSeconds(2));

            Interlocked.Decrement(ref now);
            return Answer.Ok("a");
        });
        // Each node has been told its share: then all three can use theirs.
        await Eventually.IsTrueAsync(
            async () => (await Task.WhenAll(_nodes.Select(node => node.AskAsync(Get("/"))))).All(a => a.Status == 200),
            () => "every node has slots", TimeSpan.FromSeconds(10));
        most = 0;
        isMeasuring = true;

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 90).Select(i => _nodes[i % 10 == 0 ? 1 : 2].AskAsync(Get("/"))));

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.InRange(most, 4, 6);
    }

    private static async Task StayAsync(NodeProcess node, List<(string Cookie, string Member)> sessions)
    {
        // What one node learns, the others know some milliseconds later.
        await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        foreach (var (cookie, member) in sessions)
        {
            Assert.Equal(member, (await node.AskAsync(Get("/", $"Cookie: {cookie}\r\n"))).Text);
        }
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = most; seen < value; seen = most)
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }

    private static string Get(string target, string fields = "") =>
        $"GET {target} HTTP/1.1\r\nHost: x.test\r\n{fields}\r\n";

    private static ScriptedOrigin Application(string name)
    {
        var logins = 0;
        return new ScriptedOrigin().Serve(request => request.Target == "/login"
            ? Answer.Ok(name, $"Set-Cookie: SID={name}{Interlocked.Increment(ref logins)}; Path=/")
            : Answer.Ok(name));
    }

    private async Task StartAsync(string route, string pool, string? members = null)
    {
        for (var i = 0; i < _ports.Length; i++)
        {
            _nodes.Add(await NodeProcess.StartAsync(new NodeSettings
            {
                Node = $"name = n{i}",
                Rules = $$"""
                    routes = [ { name = all, match { path = "/" }, pool = app
                      {{route}}
                    } ]
                    pools { app { members = [ {{members ?? NodeSettings.Members(_a.Url, _b.Url)}} ]
                      health { passive { failures = 0 } }
                      {{pool}}
                    } }
                    cluster { peers { bind = "127.0.0.1:{{_ports[i]}}"
                      seeds = [ {{string.Join(", ", _ports.Select(port => $"\"127.0.0.1:{port}\""))}} ]
                    } }
                    """,
            }));
        }

        foreach (var node in _nodes)
        {
            await Eventually.IsTrueAsync(
                async () => (await node.ManageAsync("/metrics")).Text
                    .Contains("proxy_rate_limit_nodes{route=\"all\"} 3\n", StringComparison.Ordinal),
                () => $"all three know each other; log:\n{node.Log}", TimeSpan.FromSeconds(20));
        }
    }
}
