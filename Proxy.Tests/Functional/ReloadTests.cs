using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>SIGHUP reads the file again. What did not change is not disturbed; what cannot be read changes nothing.</summary>
[Trait("Suite", "Functional")]
public sealed class ReloadTests
{
    [Fact]
    public async Task A_changed_route_takes_effect_and_requests_under_way_end_where_they_began()
    {
        await using var a = new ScriptedOrigin();
        await using var b = new ScriptedOrigin().Serve(_ => Answer.Ok("b"));
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(a.Url));
        using var client = await node.ConnectAsync();
        await client.SendAsync("GET /slow HTTP/1.1\r\nHost: x.test\r\n\r\n");
        var (slow, _) = await a.RequestAsync();
        a.Serve(_ => Answer.Ok("a"));

        await node.ReloadAsync(NodeSettings.Pool("", b.Url));
        await Eventually.IsTrueAsync(async () => await AskAsync(node, "/") == "b", () => "b answers");
        await slow.SendAsync(Answer.Ok("slow from a"));

        Assert.Equal("slow from a", (await client.ReadResponseAsync()).Text);
        Assert.Equal("b", (await client.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n")).Text);
    }

    [Fact]
    public async Task Tunnels_and_connections_on_an_unchanged_route_survive_many_reloads()
    {
        await using var kept = new ScriptedOrigin();
        await using var other = new ScriptedOrigin().Serve(_ => Answer.Ok("other"));
        await using var node = await NodeProcess.StartAsync(new NodeSettings { Rules = Rules(kept, other, "v0") });
        using var tunnel = await node.ConnectAsync();
        await tunnel.SendAsync(
            "GET /kept/ws HTTP/1.1\r\nHost: x.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        var (inside, _) = await kept.RequestAsync();
        await inside.SendAsync(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
        Assert.Equal(101, (await tunnel.ReadResponseAsync()).Status);
        using var keepAlive = await node.ConnectAsync();

        for (var i = 1; i <= 10; i++)
        {
            await node.ReloadAsync(Rules(kept, other, $"v{i}"));
            await Eventually.IsTrueAsync(async () => await AskAsync(node, "/version") == $"v{i}", () => $"version v{i}");
            Assert.Equal("other", (await keepAlive.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n")).Text);
        }

        await tunnel.SendAsync("ping");
        Assert.Equal("ping", System.Text.Encoding.Latin1.GetString(await inside.ReadExactlyAsync(4)));
    }

    [Fact]
    public async Task An_invalid_file_changes_nothing_and_every_error_is_said()
    {
        await using var a = new ScriptedOrigin().Serve(_ => Answer.Ok("a"));
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(a.Url));

        await node.ReloadAsync($$"""
            routes = [ { match { path = "/" }, pool = nobody } ]
            pools { app { members = [ { name = a, url = "{{a.Url}}", wieght = 5 } ], balance = sometimes } }
            """);

        await node.Child.WaitForOutputAsync("nobody");
        await node.Child.WaitForOutputAsync("wieght");
        await node.Child.WaitForOutputAsync("sometimes");
        Assert.Contains("node.conf", node.Log, StringComparison.Ordinal);
        Assert.Equal("a", await AskAsync(node, "/"));
    }

    [Fact]
    public async Task After_an_invalid_file_a_valid_one_is_taken()
    {
        await using var a = new ScriptedOrigin().Serve(_ => Answer.Ok("a"));
        await using var b = new ScriptedOrigin().Serve(_ => Answer.Ok("b"));
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(a.Url));

        await node.ReloadAsync("routes = [ {{{ ");
        await node.Child.WaitForOutputAsync("node.conf");
        Assert.Equal("a", await AskAsync(node, "/"));
        await node.ReloadAsync(NodeSettings.Pool("", b.Url));

        await Eventually.IsTrueAsync(async () => await AskAsync(node, "/") == "b", () => "b answers");
    }

    [Fact]
    public async Task Reloads_under_load_fail_no_request()
    {
        await using var a = Load.Origin("a");
        await using var b = Load.Origin("b");
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(a.Url));
        await using var load = new Load(node.Port, 16);

        for (var i = 0; i < 6; i++)
        {
            await load.GoOnForAsync(300);
            var (url, name) = i % 2 == 0 ? (b.Url, "b") : (a.Url, "a");
            var before = load.AnsweredBy(name);
            await node.ReloadAsync(NodeSettings.Pool("", url));
            await Eventually.IsTrueAsync(() => load.AnsweredBy(name) > before, () => $"{name} takes over");
        }

        await load.AssertNothingFailedAsync();
    }

    private static string Rules(ScriptedOrigin kept, ScriptedOrigin other, string version) => $$"""
        routes = [
          { match { path-exact = "/version" }, respond { status = 200, body = "{{version}}" } }
          { match { path = "/kept/" }, pool = kept }
          { match { path = "/" }, pool = other }
        ]
        pools {
          kept { members = [ { name = k, url = "{{kept.Url}}" } ] }
          other { members = [ { name = o, url = "{{other.Url}}" } ] }
        }
        """;

    private static async Task<string> AskAsync(NodeProcess node, string path) =>
        (await node.AskAsync($"GET {path} HTTP/1.1\r\nHost: x.test\r\n\r\n")).Text;
}
