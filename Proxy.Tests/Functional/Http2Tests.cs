using System.Text;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>HTTP/2 towards clients, with curl, nghttp and h2load as the clients, and frames of our own where those
/// are too polite.</summary>
[Trait("Suite", "Functional")]
public sealed class Http2Tests
{
    private const string Protocols = "access-log { enabled = false }\nprotocols = [\"http/1.1\", h2c]";

    [Fact]
    public async Task Both_protocols_are_served_on_one_port()
    {
        await using var origin = new ScriptedOrigin();
        origin.Serve(static request => Answer.Ok($"{request.StartLine} {request.Value("Host")}"));
        await using NodeProcess node = await StartAsync(NodeSettings.Pool("", origin.Url));

        string two = await Curl.BodyAsync("--http2-prior-knowledge", "-w", " %{http_version}", $"{node.Url}/a?b=c");
        string one = await Curl.BodyAsync("-w", " %{http_version}", $"{node.Url}/a?b=c");

        Assert.Equal($"GET /a?b=c HTTP/1.1 127.0.0.1:{origin.Port} 2", two.Trim());
        Assert.Equal($"GET /a?b=c HTTP/1.1 127.0.0.1:{origin.Port} 1.1", one.Trim());
    }

    [Fact]
    public async Task Browsers_protocol_is_agreed_on_in_the_handshake()
    {
        using var authority = new TestCertificates();
        TestCertificates.Leaf leaf = authority.Issue(["shop.test"]);
        await using var origin = new ScriptedOrigin();
        origin.Serve(static request => Answer.Ok(request.Value("X-Forwarded-Proto") ?? ""));
        await using NodeProcess node = await NodeProcess.StartAsync(new NodeSettings
        {
            Listener = "protocols = [h2, \"http/1.1\"], tls { certificates = [ { certificate = a.pem } ] }",
            Rules = NodeSettings.Pool("", origin.Url),
            Files = new Dictionary<string, string>
            {
                ["a.pem"] = leaf.CertificatePem + leaf.KeyPem, ["ca.pem"] = authority.CaPem,
            },
        });

        string answer = await Curl.BodyAsync(
            "--cacert", Path.Combine(node.Folder, "ca.pem"), "--resolve", $"shop.test:{node.Port}:127.0.0.1",
            "-w", " %{http_version}", $"https://shop.test:{node.Port}/");

        Assert.Equal("https 2", answer.Trim());
        await Eventually.IsTrueAsync(
            () => node.Log.Contains("\"GET / HTTP/2.0\" 200", StringComparison.Ordinal), () => node.Log);
    }

    [Fact]
    public async Task Bodies_of_any_kind_pass_both_ways_unchanged()
    {
        await using var origin = new ScriptedOrigin();
        origin.Serve(static request => Answer.Ok(request.Text));
        await using NodeProcess node = await StartAsync(NodeSettings.Pool("", origin.Url));
        string file = Path.Combine(node.Folder, "body");
        var random = new Random(9113);
        string body = string.Concat(Enumerable.Range(0, 2_000_000).Select(_ => (char)random.Next('a', 'z' + 1)));
        await File.WriteAllTextAsync(file, body, TestContext.Current.CancellationToken);

        string known = await Curl.BodyAsync("--http2-prior-knowledge", "--data-binary", $"@{file}", node.Url);
        string chunked = await Curl.BodyAsync(
            "--http2-prior-knowledge", "-H", "Content-Length:", "-T", file, $"{node.Url}/x");

        Assert.True(body == known.TrimEnd('\n'), "a body of known length came back changed");
        Assert.True(body == chunked.TrimEnd('\n'), "a body of unknown length came back changed");
    }

    [Fact]
    public async Task Thousands_of_requests_on_few_connections_all_succeed()
    {
        await using var origin = new ScriptedOrigin();
        origin.Serve(static request => Answer.Ok(new string('x', 2000)));
        await using NodeProcess node = await StartAsync(NodeSettings.Pool("", origin.Url));

        (int code, string output) = await ChildProcess.RunAsync(
            "h2load", ["-n", "5000", "-c", "4", "-m", "32", node.Url], "/tmp");

        Assert.Equal(0, code);
        Assert.Contains("5000 succeeded, 0 failed, 0 errored", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slow_reader_gets_everything_and_holds_up_nobody_else()
    {
        await using var origin = new ScriptedOrigin();
        origin.Serve(static request => Answer.Ok(
            request.StartLine.Contains("/big", StringComparison.Ordinal) ? new string('x', 5_000_000) : "small"));
        await using NodeProcess node = await StartAsync(NodeSettings.Pool("", origin.Url));
        using RawClient client = await node.ConnectAsync();
        // Room on the connection, so that it is the stream's own window that ends.
        await client.SendAsync((byte[])
        [
            .. Http2Wire.Start, .. Http2Wire.Frame(Http2Wire.WindowUpdate, 0, 0, Http2Wire.Number(100_000)),
            .. Http2Wire.Get(1, "/big"), .. Http2Wire.Get(3, "/small"),
        ]);

        var got = new Dictionary<int, int> { [1] = 0, [3] = 0 };
        var ended = new HashSet<int>();
        await ReadAsync(client, frame =>
        {
            Count(frame, got, ended);
            return ended.Contains(3) && got[1] == 65535;
        });
        Assert.Equal(5, got[3]);
        await client.SendAsync((byte[])
        [
            .. Http2Wire.Frame(Http2Wire.WindowUpdate, 0, 0, Http2Wire.Number(10_000_000)),
            .. Http2Wire.Frame(Http2Wire.WindowUpdate, 0, 1, Http2Wire.Number(10_000_000)),
        ]);
        await ReadAsync(client, frame =>
        {
            Count(frame, got, ended);
            return ended.Contains(1);
        });

        Assert.Equal(5_000_000, got[1]);
    }

    [Fact]
    public async Task Trailers_pass_both_ways()
    {
        await using var origin = new ScriptedOrigin();
        await using NodeProcess node = await StartAsync(NodeSettings.Pool("", origin.Url));
        using RawClient client = await node.ConnectAsync();
        await client.SendAsync((byte[])
        [
            .. Http2Wire.Start, .. Http2Wire.Post(1, "/", ("te", "trailers")),
            .. Http2Wire.Frame(Http2Wire.Data, 0, 1, "ping"u8.ToArray()),
            .. Http2Wire.Frame(Http2Wire.Headers, 5, 1, Http2Wire.Block(("x-request-sum", "1"))),
        ]);

        (Wire connection, WireMessage request) = await origin.RequestAsync();
        await connection.SendAsync(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npong\r\n0\r\nX-Sum: 42\r\nContent-Length: 7\r\n\r\n");
        List<Http2Frame> frames = await ReadAsync(client, static f => (f.Flags & 1) != 0 && f.Stream == 1);

        Assert.Equal("trailers", request.Value("TE"));
        Assert.Equal("ping", request.Text);
        Assert.Equal(["x-request-sum: 1"], request.Trailers);
        Assert.Equal("pong", Encoding.ASCII.GetString(frames.Single(static f => f.Type == Http2Wire.Data).Payload));
        Assert.Equal(Http2Wire.Block(("x-sum", "42")), frames[^1].Payload);
    }

    [Fact]
    public async Task A_reset_of_the_client_ends_the_request_at_the_origin()
    {
        await using var origin = new ScriptedOrigin();
        await using NodeProcess node = await StartAsync(NodeSettings.Pool("", origin.Url));
        using RawClient client = await node.ConnectAsync();
        await client.SendAsync((byte[])[.. Http2Wire.Start, .. Http2Wire.Get(1)]);
        (Wire connection, _) = await origin.RequestAsync();

        await client.SendAsync(Http2Wire.Frame(Http2Wire.Rst, 0, 1, Http2Wire.Number(8)));

        await connection.ReadEndAsync();
    }

    [Fact]
    public async Task A_length_that_is_not_kept_is_a_stream_error_and_no_smuggled_request()
    {
        await using var origin = new ScriptedOrigin();
        await using NodeProcess node = await StartAsync(NodeSettings.Pool("", origin.Url));
        using RawClient client = await node.ConnectAsync();
        await client.SendAsync((byte[])
        [
            .. Http2Wire.Start, .. Http2Wire.Post(1, "/", ("content-length", "4")),
            .. Http2Wire.Frame(Http2Wire.Data, 1, 1, Encoding.ASCII.GetBytes("abcdGET /smuggled HTTP/1.1\r\n\r\n")),
        ]);

        List<Http2Frame> frames = await ReadAsync(client, static frame => frame.Type == Http2Wire.Rst);

        Assert.Equal((1, 1), (frames[^1].Stream, frames[^1].Error));
    }

    [Fact]
    public async Task An_early_answer_arrives_and_the_rest_of_the_request_is_called_off()
    {
        await using NodeProcess node = await StartAsync(
            "routes = [ { match { path = \"/\" }, respond { status = 200, body = early } } ]");
        using RawClient client = await node.ConnectAsync();
        await client.SendAsync((byte[])[.. Http2Wire.Start, .. Http2Wire.Post(1)]);

        List<Http2Frame> frames = await ReadAsync(client, static frame => frame.Type == Http2Wire.Rst);

        Assert.Equal("early", Encoding.ASCII.GetString(frames.Single(static f => f.Type == Http2Wire.Data).Payload));
        Assert.Equal(0, frames[^1].Error);
    }

    [Fact]
    public async Task A_websocket_over_http2_reaches_an_http1_origin()
    {
        await using var origin = new ScriptedOrigin();
        await using NodeProcess node = await StartAsync(NodeSettings.Pool("", origin.Url));
        using RawClient client = await node.ConnectAsync();
        byte[] connect = Http2Wire.Frame(Http2Wire.Headers, Http2Wire.EndHeaders, 1, Http2Wire.Block(
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/chat"),
            (":authority", "test.example"), ("sec-websocket-version", "13"), ("origin", "http://test.example")));
        await client.SendAsync((byte[])
        [
            .. Http2Wire.Start, .. connect, .. Http2Wire.Frame(Http2Wire.Data, 0, 1, "early "u8.ToArray()),
        ]);

        (Wire connection, WireMessage request) = await origin.RequestAsync();
        await connection.SendAsync(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Accept: x\r\n\r\nwelcome");
        await client.SendAsync(Http2Wire.Frame(Http2Wire.Data, 0, 1, "frame"u8.ToArray()));
        string toOrigin = Encoding.ASCII.GetString(await connection.ReadExactlyAsync(11));
        List<Http2Frame> frames = await ReadAsync(client, static frame => frame.Type == Http2Wire.Data);
        await client.SendAsync(Http2Wire.Frame(Http2Wire.Data, 1, 1));
        await connection.ReadEndAsync();
        connection.CloseSend();
        frames.AddRange(await ReadAsync(client, static frame => (frame.Flags & 1) != 0 && frame.Stream == 1));

        Assert.StartsWith("GET /chat HTTP/1.1", request.StartLine, StringComparison.Ordinal);
        Assert.Equal(24, request.Value("Sec-WebSocket-Key")?.Length);
        Assert.Equal("early frame", toOrigin);
        Assert.Equal("welcome", Encoding.ASCII.GetString(frames.First(static f => f.Type == Http2Wire.Data).Payload));
        Http2Frame head = frames.First(static frame => frame.Type == Http2Wire.Headers);
        Assert.Equal(0x88, head.Payload[0]);
    }

    [Fact]
    public async Task A_refused_websocket_leaves_no_tunnel()
    {
        await using var origin = new ScriptedOrigin();
        origin.Serve(static _ => Answer.With(403, "no"));
        await using NodeProcess node = await StartAsync(NodeSettings.Pool("", origin.Url));
        using RawClient client = await node.ConnectAsync();
        await client.SendAsync((byte[])
        [
            .. Http2Wire.Start,
            .. Http2Wire.Frame(Http2Wire.Headers, Http2Wire.EndHeaders, 1, Http2Wire.Block(
                (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/chat"),
                (":authority", "test.example"))),
        ]);

        List<Http2Frame> frames = await ReadAsync(client, static frame => frame.Type == Http2Wire.Rst);

        Assert.Contains("403", Encoding.Latin1.GetString(frames.First(static f => f.Type == Http2Wire.Headers).Payload));
        Assert.Equal(0, frames[^1].Error);
    }

    [Fact]
    public async Task A_node_that_leaves_says_so_and_finishes_what_is_under_way()
    {
        await using var origin = new ScriptedOrigin();
        await using NodeProcess node = await StartAsync(NodeSettings.Pool("", origin.Url));
        using RawClient client = await node.ConnectAsync();
        await client.SendAsync((byte[])[.. Http2Wire.Start, .. Http2Wire.Get(1)]);
        (Wire connection, _) = await origin.RequestAsync();

        await node.Child.SignalAsync("TERM");
        List<Http2Frame> frames = await ReadAsync(client, static frame => frame is { Type: Http2Wire.Ping, Flags: 0 });
        await client.SendAsync(Http2Wire.Frame(Http2Wire.Ping, 1, 0, frames[^1].Payload));
        await connection.SendAsync(Answer.Ok("done"));
        frames = await ReadAsync(client, static frame => (frame.Flags & 1) != 0 && frame.Type == Http2Wire.Data);
        await client.ReadEndAsync();

        Assert.Equal("done", Encoding.ASCII.GetString(frames[^1].Payload));
        Assert.Equal(0, await node.Child.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Errors_name_no_address_of_the_inside()
    {
        int nobody = FreePort.Probe();
        await using NodeProcess node = await StartAsync(NodeSettings.Pool("", $"http://127.0.0.1:{nobody}"));

        string answer = await Curl.BodyAsync("--http2-prior-knowledge", "-i", node.Url);

        Assert.Contains("HTTP/2 502", answer, StringComparison.Ordinal);
        Assert.Contains("connection_refused", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", answer, StringComparison.Ordinal);
        Assert.DoesNotContain($"{nobody}", answer, StringComparison.Ordinal);
    }

    private static Task<NodeProcess> StartAsync(string rules) =>
        NodeProcess.StartAsync(new NodeSettings { Listener = Protocols, Rules = rules });

    private static void Count(Http2Frame frame, Dictionary<int, int> got, HashSet<int> ended)
    {
        if (frame.Type == Http2Wire.Data)
        {
            got[frame.Stream] += frame.Payload.Length;
            if ((frame.Flags & Http2Wire.EndStream) != 0)
            {
                ended.Add(frame.Stream);
            }
        }
    }

    /// <summary>Reads frames up to the one that is waited for.</summary>
    private static async Task<List<Http2Frame>> ReadAsync(RawClient client, Func<Http2Frame, bool> last)
    {
        var frames = new List<Http2Frame>();
        do
        {
            byte[] header = await client.ReadExactlyAsync(9);
            int length = (header[0] << 16) | (header[1] << 8) | header[2];
            byte[] payload = await client.ReadExactlyAsync(length);
            frames.AddRange(Http2Wire.Read([.. header, .. payload], out _));
        }
        while (!last(frames[^1]));

        return frames;
    }
}
