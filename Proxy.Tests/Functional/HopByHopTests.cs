using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>What belongs to one connection stays there (RFC 9110 §7.6.1), and what origins are told about the client.</summary>
[Trait("Suite", "Functional")]
public sealed class HopByHopTests
{
    [Fact]
    public async Task Fields_of_the_clients_connection_are_not_forwarded()
    {
        var request = await ForwardedAsync(
            "Connection: keep-alive, X-Private, close", "X-Private: 1", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive",
            "TE: gzip", "Upgrade: something", "X-Public: 2");

        Assert.False(request.Has("X-Private"));
        Assert.False(request.Has("Keep-Alive"));
        Assert.False(request.Has("Proxy-Connection"));
        Assert.False(request.Has("Upgrade"));
        Assert.DoesNotContain("gzip", request.Value("TE"), StringComparison.Ordinal);
        Assert.DoesNotContain("close", string.Concat(request.Values("Connection")), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("2", request.Value("X-Public"));
    }

    [Theory]
    [InlineData("Host")]
    [InlineData("Content-Length")]
    [InlineData("Cookie")]
    [InlineData("X-Forwarded-For")]
    public async Task Connection_cannot_be_used_to_remove_what_must_stay(string name)
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Post("/", "hello", $"Connection: {name}", "Cookie: a=b"));
        var early = client.ReadResponseAsync();
        var arrived = slot.Origin.RequestAsync();
        if (await Task.WhenAny(early, arrived) == early)
        {
            // Refusing such a request is right as well.
            Assert.Equal(400, (await early).Status);
            return;
        }

        var (origin, request) = await arrived;
        await origin.SendAsync(Answer.Ok("ok"));
        Assert.Equal("hello", request.Text);
        Assert.True(request.Has("Host"));
        Assert.Equal("127.0.0.1", request.Value("X-Forwarded-For"));
        Assert.Equal("ok", (await early).Text);
    }

    [Fact]
    public async Task Fields_of_the_origins_connection_are_not_forwarded_and_the_clients_goes_on()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /1"));
        var (first, _) = await slot.Origin.RequestAsync();
        await first.SendAsync(Answer.Ok(
            "one", "Connection: close, X-Private", "X-Private: 1", "Keep-Alive: timeout=5", "X-Public: 2",
            "Proxy-Connection: close"));
        first.CloseSend();
        var answer = await client.ReadResponseAsync();

        Assert.False(answer.Has("X-Private"));
        Assert.False(answer.Has("Keep-Alive"));
        Assert.False(answer.Has("Proxy-Connection"));
        Assert.Equal("2", answer.Value("X-Public"));
        Assert.DoesNotContain("close", answer.Value("Connection"), StringComparison.OrdinalIgnoreCase);

        await client.SendAsync(slot.Request("GET /2"));
        var (second, _) = await slot.Origin.RequestAsync();
        await second.SendAsync(Answer.Ok("two"));
        Assert.Equal("two", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task An_origin_learns_client_host_and_scheme()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /a?b=c", "Accept: text/plain"));
        var (origin, request) = await slot.Origin.RequestAsync();
        await origin.SendAsync(Answer.Ok("ok"));
        await client.ReadResponseAsync();

        Assert.Equal("GET /a?b=c HTTP/1.1", request.StartLine);
        Assert.Equal($"127.0.0.1:{slot.Origin.Port}", request.Value("Host"));
        Assert.Equal("127.0.0.1", request.Value("X-Forwarded-For"));
        Assert.Equal("http", request.Value("X-Forwarded-Proto"));
        Assert.Equal(slot.Host, request.Value("X-Forwarded-Host"));
        Assert.StartsWith("1.1 ", request.Value("Via"), StringComparison.Ordinal);
        Assert.NotEqual("", request.Value("X-Request-Id"));
        Assert.Equal("text/plain", request.Value("Accept"));
    }

    [Fact]
    public async Task What_an_untrusted_client_says_about_itself_is_not_believed()
    {
        var request = await ForwardedAsync(
            "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.test", "X-Real-IP: 203.0.113.9",
            "Forwarded: for=203.0.113.9", "X-Forwarded-Port: 1", "X-Forwarded-Prefix: /evil");

        Assert.DoesNotContain("203.0.113.9", request.Head, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", request.Head, StringComparison.Ordinal);
        Assert.Equal("http", request.Value("X-Forwarded-Proto"));
    }

    [Fact]
    public async Task Via_names_every_hop()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /", "Via: 1.0 before"));
        var (origin, request) = await slot.Origin.RequestAsync();
        await origin.SendAsync(Answer.Ok("ok", "Via: 1.1 behind"));
        var answer = await client.ReadResponseAsync();

        var there = string.Join(", ", request.Values("Via"));
        var back = string.Join(", ", answer.Values("Via"));
        Assert.Matches("^1\\.0 before, 1\\.1 \\S+$", there);
        // A gateway need not add itself to responses (RFC 9110 §7.6.3).
        Assert.Matches("^1\\.1 behind(, 1\\.1 \\S+)?$", back);
    }

    [Fact]
    public async Task An_absolute_target_decides_over_Host()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync($"GET http://{slot.Host}/x?y HTTP/1.1\r\nHost: {slot.Host}\r\n\r\n");
        var (origin, request) = await slot.Origin.RequestAsync();
        await origin.SendAsync(Answer.Ok("ok"));

        Assert.Equal("/x?y", request.Target);
        Assert.Equal("ok", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task A_host_nobody_serves_is_404_and_says_why()
    {
        var slot = await SharedNode.TakeSlotAsync();

        var answer = await slot.Node.AskAsync("GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n");

        Assert.Equal(404, answer.Status);
        Assert.Contains("destination_not_found", answer.Value("Proxy-Status"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fields_that_repeat_keep_their_order_and_number()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /", "X-A: 1", "X-B: 2", "x-a: 3"));
        var (origin, request) = await slot.Origin.RequestAsync();
        await origin.SendAsync(Answer.Ok("ok", "Set-Cookie: a=1", "Set-Cookie: b=2"));
        var answer = await client.ReadResponseAsync();

        Assert.Equal(["1", "3"], request.Values("X-A"));
        Assert.Equal(["a=1", "b=2"], answer.Values("Set-Cookie"));
    }

    /// <summary>What an origin gets when a client sends these fields.</summary>
    private static async Task<WireMessage> ForwardedAsync(params string[] fields)
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();
        await client.SendAsync(slot.Request("GET /", fields));
        var (origin, request) = await slot.Origin.RequestAsync();
        await origin.SendAsync(Answer.Ok("ok"));
        Assert.Equal("ok", (await client.ReadResponseAsync()).Text);
        return request;
    }
}
