using System.Text;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>Connections that become tunnels (RFC 9110 §7.8, RFC 6455): only after a 101 that was asked for.</summary>
[Trait("Suite", "Functional")]
public sealed class UpgradeTests
{
    private static readonly string[] WebSocket =
    [
        "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];

    private const string Switching =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    [Fact]
    public async Task A_handshake_opens_a_tunnel_and_bytes_right_behind_it_are_not_lost()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /ws", WebSocket));
        var (origin, request) = await slot.Origin.RequestAsync();
        await origin.SendAsync(Switching + "\u0081\u0005first");
        var answer = await client.ReadResponseAsync();

        Assert.Equal("websocket", request.Value("Upgrade"));
        Assert.Equal("upgrade", request.Value("Connection"), ignoreCase: true);
        Assert.Equal("dGhlIHNhbXBsZSBub25jZQ==", request.Value("Sec-WebSocket-Key"));
        Assert.Equal(101, answer.Status);
        Assert.Equal("websocket", answer.Value("Upgrade"));
        Assert.Equal("\u0081\u0005first", Encoding.Latin1.GetString(await client.ReadExactlyAsync(7)));
    }

    [Fact]
    public async Task A_tunnel_carries_bytes_both_ways_until_each_side_has_ended()
    {
        var slot = await SharedNode.TakeSlotAsync();
        var (client, origin) = await OpenAsync(slot);
        var big = new string('z', 500_000);

        await client.SendAsync("ping");
        Assert.Equal("ping", Encoding.Latin1.GetString(await origin.ReadExactlyAsync(4)));
        var sending = origin.SendAsync(big);
        Assert.Equal(big, Encoding.Latin1.GetString(await client.ReadExactlyAsync(big.Length)));
        await sending;

        client.CloseSend();
        Assert.Equal(WireEnd.Closed, await origin.ReadEndAsync());
        await origin.SendAsync("still here");
        Assert.Equal("still here", Encoding.Latin1.GetString(await client.ReadExactlyAsync(10)));
        origin.CloseSend();
        Assert.Equal(WireEnd.Closed, await client.ReadEndAsync());
    }

    [Fact]
    public async Task A_reset_on_one_side_ends_the_other()
    {
        var slot = await SharedNode.TakeSlotAsync();
        var (client, origin) = await OpenAsync(slot);

        client.Reset();

        Assert.NotEqual(WireEnd.Open, await origin.ReadEndAsync());
    }

    [Fact]
    public async Task A_refused_upgrade_is_an_ordinary_answer_and_the_connection_goes_on()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /ws", WebSocket));
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync(Answer.With(403, "not here"));
        Assert.Equal("not here", (await client.ReadResponseAsync()).Text);

        slot.Origin.Serve(request => Answer.Ok(request.Target));
        await client.SendAsync(slot.Request("GET /next"));
        if (!await origin.IsSilentAsync(TimeSpan.FromMilliseconds(200)) && origin.End == WireEnd.Open)
        {
            Assert.Equal("/next", (await origin.ReadRequestAsync()).Target);
            await origin.SendAsync(Answer.Ok("/next"));
        }

        Assert.Equal("/next", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task Bytes_of_an_eager_client_never_become_a_request_when_the_upgrade_is_refused()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /ws", WebSocket) + "\u0081\u0085junk!GARBAGE\r\n\r\n");
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync(Answer.With(403, "no"));
        Assert.Equal(403, (await client.ReadResponseAsync()).Status);

        // What follows was not a request: it is refused, or the connection just ends.
        var rest = Encoding.Latin1.GetString(await client.ReadToEndAsync());
        Assert.True(rest.Length == 0 || rest.StartsWith("HTTP/1.1 400", StringComparison.Ordinal), rest);
    }

    [Theory]
    [InlineData("h2c")]
    [InlineData("h2c, websocket")]
    [InlineData("TLS/1.0")]
    public async Task An_upgrade_the_route_does_not_allow_is_not_forwarded(string protocols)
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request(
            "GET /", "Connection: Upgrade, HTTP2-Settings", $"Upgrade: {protocols}",
            "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"));
        var (origin, request) = await slot.Origin.RequestAsync();
        await origin.SendAsync(Answer.Ok("plain"));

        Assert.DoesNotContain("h2c", request.Head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("TLS/1.0", request.Head, StringComparison.OrdinalIgnoreCase);
        Assert.False(request.Has("HTTP2-Settings"));
        Assert.Equal("plain", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task A_101_nobody_asked_for_is_an_error_and_tunnels_nothing()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /"));
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync(Switching + "EVIL");
        var answer = await client.ReadResponseAsync();

        Assert.Equal(502, answer.Status);
        Assert.DoesNotContain("EVIL", answer.Text, StringComparison.Ordinal);
        Assert.NotEqual(WireEnd.Open, await origin.ReadEndAsync());
    }

    [Fact]
    public async Task A_101_for_another_protocol_than_asked_is_an_error()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /ws", WebSocket));
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");

        Assert.Equal(502, (await client.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task Upgrade_without_Connection_or_in_HTTP_1_0_is_not_an_upgrade()
    {
        var slot = await SharedNode.TakeSlotAsync();
        slot.Origin.Serve(request => Answer.Ok(request.Has("Upgrade") ? "forwarded" : "dropped"));

        var unnamed = await slot.Node.AskAsync(slot.Request("GET /", "Upgrade: websocket"));
        var old = await slot.Node.AskAsync(
            $"GET / HTTP/1.0\r\nHost: {slot.Host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");

        Assert.Equal("dropped", unnamed.Text);
        Assert.Equal("dropped", old.Text);
    }

    [Fact]
    public async Task CONNECT_opens_no_tunnel()
    {
        var slot = await SharedNode.TakeSlotAsync();

        var answer = await slot.Node.AskAsync($"CONNECT {slot.Host}:443 HTTP/1.1\r\nHost: {slot.Host}:443\r\n\r\n");

        Assert.InRange(answer.Status, 400, 599);
        Assert.Equal(0, slot.Origin.Connections);
    }

    private static async Task<(RawClient Client, Wire Origin)> OpenAsync(Slot slot)
    {
        var client = await slot.ConnectAsync();
        await client.SendAsync(slot.Request("GET /ws", WebSocket));
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync(Switching);
        Assert.Equal(101, (await client.ReadResponseAsync()).Status);
        return (client, origin);
    }
}
