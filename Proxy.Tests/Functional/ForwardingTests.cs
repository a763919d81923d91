using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>Trusted hops, host policies, header edits, rewrites, redirects and fixed answers on a running node.</summary>
[Trait("Suite", "Functional")]
public sealed class ForwardingTests
{
    [Fact]
    public async Task A_trusted_hop_is_believed_and_extended()
    {
        var request = await ForwardedAsync(
            "forwarding { trusted = [\"127.0.0.0/8\"] }", "",
            "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https", "X-Request-Id: given");

        Assert.Equal("203.0.113.9, 127.0.0.1", string.Join(", ", request.Values("X-Forwarded-For")));
        Assert.Equal("https", request.Value("X-Forwarded-Proto"));
        Assert.Equal("given", request.Value("X-Request-Id"));
    }

    [Fact]
    public async Task Further_forwarding_fields_can_be_switched_on()
    {
        var request = await ForwardedAsync(
            "forwarding { forwarded = true, x-real-ip = true, x-forwarded-port = true, via = \"\" }", "");

        Assert.Contains("for=127.0.0.1", request.Value("Forwarded"), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("127.0.0.1", request.Value("X-Real-IP"));
        Assert.NotEqual("", request.Value("X-Forwarded-Port"));
        Assert.False(request.Has("Via"));
    }

    [Theory]
    [InlineData("preserve", "public.test")]
    [InlineData("inside.test", "inside.test")]
    public async Task Host_is_what_the_route_says(string policy, string expected)
    {
        var request = await ForwardedAsync("", $"host = \"{policy}\"");

        Assert.Equal(expected, request.Value("Host"));
    }

    [Fact]
    public async Task Heads_are_edited_in_both_directions()
    {
        await using var origin = new ScriptedOrigin().Serve(request => Answer.Ok(
            $"{request.Value("X-Set")}|{request.Has("X-Gone")}|{string.Join('+', request.Values("X-Add"))}|{request.Value("X-Default")}",
            "Server: secret", "X-Seen: 1"));
        await using var node = await NodeProcess.StartAsync(Settings(
            origin, "",
            """
            request-headers { remove = [X-Gone], set { X-Set = "%{client-ip}" }, add { X-Add = two }, default { X-Default = d } }
            response-headers { remove = [Server], set { X-Seen = "2" } }
            """));

        var answer = await node.AskAsync(
            "GET / HTTP/1.1\r\nHost: public.test\r\nX-Gone: 1\r\nX-Set: old\r\nX-Add: one\r\nX-Default: own\r\n\r\n");

        Assert.Equal("127.0.0.1|False|one+two|own", answer.Text);
        Assert.False(answer.Has("Server"));
        Assert.Equal("2", answer.Value("X-Seen"));
    }

    [Fact]
    public async Task Redirects_and_fixed_answers_come_from_the_node_itself()
    {
        await using var node = await NodeProcess.StartAsync(new NodeSettings
        {
            Rules = """
                routes = [
                  { match { path = "/old/" }, redirect { status = 301, to = "https://%{host}/new%{path}" } }
                  { match { path-exact = "/teapot" }, respond { status = 418, content-type = "text/plain", body = "short and stout" } }
                ]
                """,
        });
        using var client = await node.ConnectAsync();

        var redirect = await client.AskAsync("GET /old/x HTTP/1.1\r\nHost: public.test\r\n\r\n");
        var teapot = await client.AskAsync("GET /teapot HTTP/1.1\r\nHost: public.test\r\n\r\n");
        var head = await client.AskAsync("HEAD /teapot HTTP/1.1\r\nHost: public.test\r\n\r\n");
        var posted = await client.AskAsync("POST /teapot HTTP/1.1\r\nHost: public.test\r\nContent-Length: 5\r\n\r\nhello");
        var last = await client.AskAsync("GET /teapot HTTP/1.1\r\nHost: public.test\r\n\r\n");

        Assert.Equal(301, redirect.Status);
        Assert.Equal("https://public.test/new/old/x", redirect.Value("Location"));
        Assert.Equal((418, "short and stout"), (teapot.Status, teapot.Text));
        Assert.Equal("15", head.Value("Content-Length"));
        Assert.Equal(418, posted.Status);
        Assert.Equal(418, last.Status);
    }

    [Fact]
    public async Task A_body_beyond_the_routes_limit_is_413_with_and_without_a_length()
    {
        await using var origin = new ScriptedOrigin().Serve(request => Answer.Ok(request.Text));
        await using var node = await NodeProcess.StartAsync(Settings(origin, "", "max-body = 10"));

        var fits = await node.AskAsync("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\n0123456789");
        var declared = await node.AskAsync("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 11\r\n\r\n0123456789a");
        var chunked = await node.AskAsync(
            "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n6\r\n678901\r\n0\r\n\r\n");

        Assert.Equal("0123456789", fits.Text);
        Assert.Equal(413, declared.Status);
        Assert.Equal(413, chunked.Status);
    }

    [Fact]
    public async Task A_request_that_went_through_this_node_before_is_508()
    {
        using var port = new FreePort();
        await using var node = await NodeProcess.StartAsync(new NodeSettings
        {
            Rules = NodeSettings.Pool("", $"http://127.0.0.1:{port.Number}"),
            Listener = $"access-log {{ enabled = false }} }}, {{ name = loop, bind = \"127.0.0.1:{port.Number}\", access-log {{ enabled = false }}",
        });

        Assert.Equal(508, (await node.AskAsync("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")).Status);
    }

    private static async Task<WireMessage> ForwardedAsync(string listener, string route, params string[] fields)
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await NodeProcess.StartAsync(Settings(origin, listener, route));
        using var client = await node.ConnectAsync();
        await client.SendAsync(
            "GET /a HTTP/1.1\r\nHost: public.test\r\n" + string.Concat(fields.Select(f => f + "\r\n")) + "\r\n");
        var (connection, request) = await origin.RequestAsync();
        await connection.SendAsync(Answer.Ok("ok"));
        Assert.Equal("ok", (await client.ReadResponseAsync()).Text);
        return request;
    }

    private static NodeSettings Settings(ScriptedOrigin origin, string listener, string route) => new()
    {
        Listener = "access-log { enabled = false }\n" + listener,
        Rules = $$"""
            routes = [ { match { path = "/" }, pool = app
              {{route}}
            } ]
            pools { app { members = [ { name = a, url = "{{origin.Url}}" } ], health { passive { failures = 0 } } } }
            """,
    };
}
