using System.Text;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>wss://: WebSocket inside TLS, by HTTP/1.1 (RFC 6455) and by HTTP/2 (RFC 8441); to the origin always by
/// HTTP/1.1.</summary>
[Trait("Suite", "Functional")]
public sealed class SecureWebSocketTests : IAsyncDisposable
{
    private const string Shake =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    private const string Switching =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    /// <summary>A text frame of the client ("early", masked with zeros) and one of the origin ("hello").</summary>
    private const string Early = "\u0081\u0085\0\0\0\0early";
    private const string Hello = "\u0081\u0005hello";

    private readonly TestCertificates _authority = new();
    private readonly ScriptedOrigin _origin = new();

    public async ValueTask DisposeAsync()
    {
        await _origin.DisposeAsync();
        _authority.Dispose();
    }

    [Fact]
    public async Task Frames_sent_together_with_the_handshake_pass_both_ways()
    {
        await using NodeProcess node = await StartAsync();
        using TlsWire client = await TlsWire.ConnectAsync(node.Port, "shop.test", "http/1.1");

        await client.SendAsync("GET /chat HTTP/1.1\r\nHost: shop.test\r\n" + Shake + Early);
        (Wire origin, WireMessage request) = await _origin.RequestAsync();
        await origin.SendAsync(Switching + Hello);
        WireMessage answer = await client.ReadResponseAsync();

        Assert.Equal("https", request.Value("X-Forwarded-Proto"));
        Assert.Equal(101, answer.Status);
        Assert.Equal(Early, Encoding.Latin1.GetString(await origin.ReadExactlyAsync(Early.Length)));
        Assert.Equal(Hello, Encoding.Latin1.GetString(await client.ReadExactlyAsync(Hello.Length)));
        string large = new('z', 300_000);
        Task sending = client.SendAsync(large);
        Assert.Equal(large, Encoding.Latin1.GetString(await origin.ReadExactlyAsync(large.Length)));
        await sending;
        await client.EndAsync();
        Assert.Equal(WireEnd.Closed, await origin.ReadEndAsync());
        origin.CloseSend();
        await client.ReadEndAsync();
    }

    [Fact]
    public async Task A_refused_upgrade_leaves_no_tunnel()
    {
        await using NodeProcess node = await StartAsync();
        using TlsWire client = await TlsWire.ConnectAsync(node.Port, "shop.test", "http/1.1");

        await client.SendAsync("GET /chat HTTP/1.1\r\nHost: shop.test\r\n" + Shake + Early);
        (Wire origin, _) = await _origin.RequestAsync();
        await origin.SendAsync(Answer.With(403, "no"));

        Assert.Equal("no", (await client.ReadResponseAsync()).Text);
        string rest = Encoding.Latin1.GetString(await client.ReadToEndAsync());
        Assert.True(rest.Length == 0 || rest.StartsWith("HTTP/1.1 400", StringComparison.Ordinal), rest);
        Assert.DoesNotContain("early", origin.Unread, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Frames_sent_together_with_extended_connect_pass_both_ways()
    {
        await using NodeProcess node = await StartAsync();
        using TlsWire client = await TlsWire.ConnectAsync(node.Port, "shop.test", "h2");
        Assert.Equal("h2", client.Protocol);
        await client.SendAsync((byte[])
        [
            .. Http2Wire.Start, .. Connect(1), .. Data(1, Early), .. Http2Wire.Get(3, "/other"),
        ]);

        (Wire origin, WireMessage request) = await _origin.RequestAsync();
        await origin.SendAsync(Switching + Hello);
        (Wire other, _) = await _origin.RequestAsync();
        await other.SendAsync(Answer.Ok("beside"));
        List<Http2Frame> frames = await Http2Wire.ReadAsync(client, HasBoth());
        await client.SendAsync(Http2Wire.Frame(Http2Wire.Data, Http2Wire.EndStream, 1));

        Assert.StartsWith("GET /chat HTTP/1.1", request.StartLine, StringComparison.Ordinal);
        Assert.Equal("websocket", request.Value("Upgrade"));
        Assert.Equal(Early, Encoding.Latin1.GetString(await origin.ReadExactlyAsync(Early.Length)));
        Assert.Equal(0x88, frames.First(static f => f is { Type: Http2Wire.Headers, Stream: 1 }).Payload[0]);
        Assert.Equal(Hello, Text(frames, 1));
        Assert.Equal("beside", Text(frames, 3));
        Assert.Equal(WireEnd.Closed, await origin.ReadEndAsync());
    }

    [Fact]
    public async Task A_refused_extended_connect_ends_its_stream_and_no_other()
    {
        await using NodeProcess node = await StartAsync();
        using TlsWire client = await TlsWire.ConnectAsync(node.Port, "shop.test", "h2");
        await client.SendAsync((byte[])[.. Http2Wire.Start, .. Connect(1), .. Data(1, Early)]);
        (Wire origin, _) = await _origin.RequestAsync();

        await origin.SendAsync(Answer.With(403, "no"));
        List<Http2Frame> refused = await Http2Wire.ReadAsync(
            client, static f => f is { Stream: 1, Type: Http2Wire.Rst } || (f.Stream == 1 && (f.Flags & 1) != 0));
        await client.SendAsync((byte[])[.. Data(1, Early), .. Http2Wire.Get(3, "/next")]);
        (Wire next, WireMessage request) = await NextAsync(origin);
        await next.SendAsync(Answer.Ok("fine"));
        List<Http2Frame> after = await Http2Wire.ReadAsync(
            client, static f => f.Stream == 3 && (f.Flags & Http2Wire.EndStream) != 0);

        Assert.Contains(
            "403", Encoding.Latin1.GetString(refused.First(static f => f.Type == Http2Wire.Headers).Payload));
        Assert.Equal("/next", request.Target);
        Assert.Equal("fine", Text(after, 3));
        Assert.DoesNotContain("early", origin.Unread, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connect_without_a_protocol_or_with_another_one_opens_nothing()
    {
        await using NodeProcess node = await StartAsync();
        using TlsWire client = await TlsWire.ConnectAsync(node.Port, "shop.test", "h2");
        await client.SendAsync((byte[])
        [
            .. Http2Wire.Start,
            .. Http2Wire.Frame(Http2Wire.Headers, Http2Wire.EndHeaders, 1, Http2Wire.Block(
                (":method", "CONNECT"), (":authority", "shop.test:443"))),
            .. Http2Wire.Frame(Http2Wire.Headers, Http2Wire.EndHeaders, 3, Http2Wire.Block(
                (":method", "CONNECT"), (":protocol", "connect-udp"), (":scheme", "https"), (":path", "/"),
                (":authority", "shop.test"))),
        ]);

        var ended = new HashSet<int>();
        List<Http2Frame> frames = await Http2Wire.ReadAsync(client, frame =>
        {
            if (frame.Type == Http2Wire.Rst || (frame.Type is Http2Wire.Headers or Http2Wire.Data
                && (frame.Flags & Http2Wire.EndStream) != 0))
            {
                ended.Add(frame.Stream);
            }

            return ended.Count == 2;
        });

        Assert.DoesNotContain(frames, static f => f.Type == Http2Wire.Headers && f.Payload[0] == 0x88);
        Assert.Equal(0, _origin.Connections);
    }

    private static byte[] Connect(int stream) => Http2Wire.Frame(
        Http2Wire.Headers, Http2Wire.EndHeaders, stream, Http2Wire.Block(
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", "/chat"),
            (":authority", "shop.test"), ("sec-websocket-version", "13")));

    private static byte[] Data(int stream, string text) =>
        Http2Wire.Frame(Http2Wire.Data, 0, stream, Encoding.Latin1.GetBytes(text));

    private static string Text(List<Http2Frame> frames, int stream) => string.Concat(
        frames.Where(f => f.Type == Http2Wire.Data && f.Stream == stream)
            .Select(static f => Encoding.Latin1.GetString(f.Payload)));

    /// <summary>Stops when stream 1 has said hello and stream 3 has ended.</summary>
    private static Func<Http2Frame, bool> HasBoth()
    {
        bool greeted = false;
        bool ended = false;
        return frame =>
        {
            greeted |= frame is { Stream: 1, Type: Http2Wire.Data };
            ended |= frame.Stream == 3 && (frame.Flags & Http2Wire.EndStream) != 0;
            return greeted && ended;
        };
    }

    /// <summary>The next request, on the same connection or on a new one.</summary>
    private async Task<(Wire Connection, WireMessage Request)> NextAsync(Wire used)
    {
        Task<(Wire, WireMessage)> fresh = _origin.RequestAsync();
        try
        {
            Task<WireMessage> same = used.ReadRequestAsync();
            return await Task.WhenAny(same, fresh) == same && same.IsCompletedSuccessfully
                ? (used, await same)
                : await fresh;
        }
        catch (InvalidOperationException)
        {
            return await fresh;
        }
    }

    private Task<NodeProcess> StartAsync()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        return NodeProcess.StartAsync(new NodeSettings
        {
            Listener = "protocols = [h2, \"http/1.1\"], tls { certificates = [ { certificate = a.pem } ] }",
            Rules = NodeSettings.Pool("", _origin.Url),
            Files = new Dictionary<string, string> { ["a.pem"] = leaf.CertificatePem + leaf.KeyPem },
        });
    }
}
