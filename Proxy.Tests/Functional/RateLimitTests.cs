using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

[Trait("Suite", "Functional")]
public sealed class RateLimitTests
{
    [Fact]
    public async Task Requests_beyond_the_limit_get_429_and_when_to_come_back()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("in"));
        await using var node = await StartAsync(origin, "rate = \"3/h\", burst = 3");
        using var client = await node.ConnectAsync();

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await client.AskAsync(Get())).Status);
        }

        var refused = await client.AskAsync(Get());
        Assert.Equal(429, refused.Status);
        Assert.Equal("\"only\";q=3;w=3600", refused.Value("RateLimit-Policy"));
        Assert.StartsWith("\"only\";r=0;t=", refused.Value("RateLimit"), StringComparison.Ordinal);
        Assert.InRange(int.Parse(refused.Value("Retry-After"), null), 1100, 1200);
        Assert.Contains("http_request_denied", refused.Value("Proxy-Status"), StringComparison.Ordinal);

        // The connection lives on, and the refusal is counted.
        Assert.Equal(429, (await client.AskAsync(Get())).Status);
        var metrics = (await node.ManageAsync("/metrics")).Text;
        Assert.Matches("fault=\"rate-limited\"[^\n]* 2\n", metrics);
        Assert.Contains("proxy_rate_limit_refused_total{route=\"only\"} 2\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_value_of_a_header_has_an_allowance_of_its_own()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("in"));
        await using var node = await StartAsync(origin, "rate = \"1/h\", burst = 1, key = \"header:X-Api-Key\"");

        Assert.Equal(200, (await node.AskAsync(Get("X-Api-Key: one\r\n"))).Status);
        Assert.Equal(200, (await node.AskAsync(Get("x-api-key: two\r\n"))).Status);
        Assert.Equal(429, (await node.AskAsync(Get("X-API-Key: one\r\n"))).Status);

        // Without the header the address counts.
        Assert.Equal(200, (await node.AskAsync(Get())).Status);
        Assert.Equal(429, (await node.AskAsync(Get())).Status);
    }

    [Fact]
    public async Task Delayed_requests_keep_to_the_rate_with_their_bodies()
    {
        await using var origin = new ScriptedOrigin().Serve(request => Answer.Ok(request.Text));
        await using var node = await StartAsync(origin, "rate = \"20/s\", burst = 1, action = delay, max-delay = 5s");

        var started = TimeProvider.System.GetTimestamp();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => node.AskAsync(
            $"POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: 5\r\n\r\nbody{i}")));
        var elapsed = TimeProvider.System.GetElapsedTime(started);

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Equal(Enumerable.Range(0, 8).Select(i => $"body{i}"), answers.Select(answer => answer.Text));
        Assert.True(elapsed >= TimeSpan.FromMilliseconds(350), $"{elapsed}");
    }

    [Fact]
    public async Task A_body_that_is_still_coming_waits_with_its_request()
    {
        await using var origin = new ScriptedOrigin().Serve(request => Answer.Ok(request.Text));
        await using var node = await StartAsync(origin, "rate = \"4/s\", burst = 1, action = delay, max-delay = 5s");
        using var client = await node.ConnectAsync();
        Assert.Equal(200, (await node.AskAsync(Get())).Status);

        await client.SendAsync("POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: 300006\r\n\r\nabc");
        await client.SendAsync(new string('x', 300_000));
        Assert.True(await client.IsSilentAsync(TimeSpan.FromMilliseconds(100)));
        await client.SendAsync("def");

        var answer = await client.ReadResponseAsync();
        Assert.Equal(200, answer.Status);
        Assert.Equal($"abc{new string('x', 300_000)}def", answer.Text);
    }

    [Fact]
    public async Task Clients_with_HTTP2_and_gRPC_are_told_in_their_way()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("in"));
        await using var node = await NodeProcess.StartAsync(new NodeSettings
        {
            Listener = "access-log { enabled = false }\nprotocols = [\"http/1.1\", h2c]",
            Rules = Rules(origin, "rate = \"1/h\", burst = 1"),
        });
        Assert.Equal("in", (await Curl.BodyAsync("--http2-prior-knowledge", node.Url)).TrimEnd());

        var refused = (await Curl.RunAsync("-s", "-i", "--http2-prior-knowledge", node.Url)).Output;
        Assert.StartsWith("HTTP/2 429", refused, StringComparison.Ordinal);
        Assert.Contains("retry-after: 3", refused, StringComparison.Ordinal);
        Assert.Contains("ratelimit-policy: \"only\";q=1;w=3600", refused, StringComparison.Ordinal);

        // Without a body: an answer that comes before it has sent one is an error to this curl, whoever answers.
        var call = (await Curl.RunAsync(
            "-s", "-i", "--http2-prior-knowledge", "-X", "POST", "-H", "Content-Type: application/grpc",
            node.Url)).Output;
        Assert.Contains("grpc-status: 14", call, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_while_it_is_held_back_disturbs_nobody()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("in"));
        await using var node = await StartAsync(origin, "rate = \"10/s\", burst = 1, action = delay, max-delay = 5s");

        Assert.Equal(200, (await node.AskAsync(Get())).Status);
        for (var i = 0; i < 3; i++)
        {
            using var leaves = await node.ConnectAsync();
            await leaves.SendAsync(Get());
        }

        Assert.Equal(200, (await node.AskAsync(Get())).Status);
    }

    [Fact]
    public async Task A_reload_keeps_what_was_used_of_an_unchanged_limit()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("in"));
        await using var node = await StartAsync(origin, "rate = \"1/h\", burst = 1");
        Assert.Equal(200, (await node.AskAsync(Get())).Status);

        await node.ReloadAsync(Rules(origin, "rate = \"1/h\", burst = 1", "max-body = 5K"));
        await Eventually.IsTrueAsync(
            () => Task.FromResult(node.Log.Contains("max-body", StringComparison.Ordinal)),
            () => $"the reload is done; log:\n{node.Log}", TimeSpan.FromSeconds(10));

        Assert.Equal(429, (await node.AskAsync(Get())).Status);
    }

    private static string Get(string fields = "") => $"GET / HTTP/1.1\r\nHost: x.test\r\n{fields}\r\n";

    private static string Rules(ScriptedOrigin origin, string limit, string route = "") => $$"""
        routes = [ { name = only, match { path = "/" }, pool = app, rate-limit { {{limit}} }
          {{route}}
        } ]
        pools { app { members = [ { name = a, url = "{{origin.Url}}" } ] } }
        """;

    private static Task<NodeProcess> StartAsync(ScriptedOrigin origin, string limit) =>
        NodeProcess.StartAsync(new NodeSettings { Workers = 2, Rules = Rules(origin, limit) });
}
