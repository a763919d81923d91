using System.Collections.Concurrent;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>Requests in TLS 1.3 early data (RFC 8446 §2.3, RFC 8470), sent by openssl with a ticket of an earlier
/// connection. A relay keeps the server's words from the client, so that its handshake cannot end.</summary>
[Trait("Suite", "Functional")]
public sealed class EarlyDataTests : IAsyncDisposable
{
    private const string Certificates = "certificates = [ { certificate = a.pem } ]";
    private const string On = Certificates + "\nearly-data = true";

    private readonly TestCertificates _authority = new();
    private readonly ScriptedOrigin _origin = new();
    private readonly ConcurrentQueue<WireMessage> _arrived = [];
    private Func<WireMessage, string> _answer = static _ => Answer.Ok("from the origin\n");

    public EarlyDataTests() => _origin.Serve(request =>
    {
        _arrived.Enqueue(request);
        return _answer(request);
    });

    public static TheoryData<string> NotRepeatable =>
    [
        "POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 4\r\n\r\nbody",
        "PUT / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 4\r\n\r\nbody",
        "DELETE / HTTP/1.1\r\nHost: shop.test\r\n\r\n",
    ];

    public async ValueTask DisposeAsync()
    {
        await _origin.DisposeAsync();
        _authority.Dispose();
    }

    [Fact]
    public async Task A_safe_request_reaches_its_origin_before_the_handshake_is_done()
    {
        await using NodeProcess node = await StartAsync(On);
        await FirstAsync(node);

        await using var relay = new HalfDeafRelay(node.Port);
        await using ChildProcess client = Early(node, relay.Port, Get, "-msg");
        await ArrivedAsync(1);
        relay.Release();
        await client.WaitForOutputAsync("from the origin");

        Assert.Equal("1", _arrived.Single().Value("Early-Data"));
        Assert.Contains("Early data was accepted", client.Output, StringComparison.Ordinal);
        // Its ticket is used up, so it gets another one.
        await client.WaitForOutputAsync("NewSessionTicket");
    }

    [Theory]
    [MemberData(nameof(NotRepeatable))]
    public async Task A_request_that_may_do_something_waits_for_the_handshake(string request)
    {
        await using NodeProcess node = await StartAsync(On);
        await FirstAsync(node);

        await using var relay = new HalfDeafRelay(node.Port);
        await using ChildProcess client = Early(node, relay.Port, request);
        await Eventually.IsTrueAsync(() => relay.Said.Length > request.Length, () => "a hello with a request");
        // Another client is served meanwhile, so the node has seen the hello by now.
        Assert.Contains("from the origin", await AskAsync(node, node.Port, ""), StringComparison.Ordinal);
        Assert.Single(_arrived);
        relay.Release();
        await client.WaitForOutputAsync("from the origin");

        WireMessage arrived = _arrived.Last();
        Assert.Contains("Early data was accepted", client.Output, StringComparison.Ordinal);
        Assert.Equal(request.Split(' ')[0], arrived.Method);
        Assert.Equal(request.Contains("body", StringComparison.Ordinal) ? "body" : "", arrived.Text);
        Assert.False(arrived.Has("Early-Data"));
    }

    [Fact]
    public async Task A_WebSocket_is_not_opened_on_the_word_of_a_hello()
    {
        await using NodeProcess node = await StartAsync(On);
        await FirstAsync(node);

        await using var relay = new HalfDeafRelay(node.Port);
        await using ChildProcess client = Early(
            node, relay.Port,
            "GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        await Eventually.IsTrueAsync(() => relay.Said.Length > 300, () => "a hello with a request");
        Assert.Contains("from the origin", await AskAsync(node, node.Port, ""), StringComparison.Ordinal);
        Assert.Single(_arrived);
        relay.Release();
        await client.WaitForOutputAsync("from the origin");

        Assert.True(_arrived.Last().Has("Upgrade"));
    }

    [Fact]
    public async Task An_origin_that_finds_it_too_early_is_asked_again_behind_the_handshake()
    {
        _answer = static request =>
            request.Has("Early-Data") ? Answer.With(425, "too early\n") : Answer.Ok("now it is safe\n");
        await using NodeProcess node = await StartAsync(On);
        await FirstAsync(node);

        await using var relay = new HalfDeafRelay(node.Port);
        await using ChildProcess client = Early(node, relay.Port, Get);
        await ArrivedAsync(1);
        relay.Release();
        await client.WaitForOutputAsync("now it is safe");

        Assert.Equal(2, _arrived.Count);
        Assert.DoesNotContain("too early", client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_says_early_itself_gets_the_425()
    {
        _answer = static request => Answer.With(425, $"too early [{string.Join(',', request.Values("Early-Data"))}]\n");
        await using NodeProcess node = await StartAsync(On);
        await FirstAsync(node);

        await using ChildProcess client = Early(
            node, node.Port, "GET / HTTP/1.1\r\nHost: shop.test\r\nEarly-Data: 1\r\n\r\n");
        await client.WaitForOutputAsync("too early [1]");

        Assert.Single(_arrived);
    }

    [Fact]
    public async Task A_field_that_a_client_sends_without_early_data_stays()
    {
        _answer = static request => Answer.With(425, $"too early [{string.Join(',', request.Values("Early-Data"))}]\n");
        await using NodeProcess node = await StartAsync(Certificates);

        string answer = await AskAsync(node, node.Port, "", "Early-Data: 1\\r\\n");

        Assert.Contains("HTTP/1.1 425", answer, StringComparison.Ordinal);
        Assert.Contains("too early [1]", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_of_early_data_is_not_taken()
    {
        await using NodeProcess node = await StartAsync(On);
        await FirstAsync(node);
        await using var relay = new HalfDeafRelay(node.Port);
        await using ChildProcess client = Early(node, relay.Port, Get);
        await ArrivedAsync(1);
        byte[] hello = relay.Said;

        using RawClient copy = await node.ConnectAsync();
        await copy.SendAsync(hello);
        // The node answers the hello, so it has seen the copy of the request behind it.
        await copy.ReadExactlyAsync(200);
        relay.Release();
        await client.WaitForOutputAsync("from the origin");
        Assert.Contains("from the origin", await AskAsync(node, node.Port, ""), StringComparison.Ordinal);

        Assert.Equal(2, _arrived.Count);
    }

    [Fact]
    public async Task A_last_answer_to_early_data_ends_with_close_notify()
    {
        await using NodeProcess node = await StartAsync(On);
        await FirstAsync(node);

        await using ChildProcess client = Early(
            node, node.Port, "GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n", "-msg");
        await client.WaitForOutputAsync("close_notify");
        await client.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Contains("from the origin", client.Output, StringComparison.Ordinal);
        Assert.Contains("Early data was accepted", client.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("unexpected eof", client.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tickets_are_not_for_early_data_by_default()
    {
        await using NodeProcess node = await StartAsync(Certificates);

        string first = await AskAsync(node, node.Port, "-sess_out first.sess");

        Assert.Contains("Max Early Data: 0", first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_asks_for_certificates_takes_none()
    {
        await using NodeProcess node = await StartAsync(On + "\nclient-auth { mode = optional, ca = ca.pem }");
        await FirstAsync(node);

        await using ChildProcess client = Early(node, node.Port, Get);
        await client.WaitForOutputAsync("Early data was rejected");

        Assert.Empty(_arrived);
    }

    [Fact]
    public async Task Over_HTTP2_too_only_safe_requests_go_before_the_handshake()
    {
        await using NodeProcess node = await StartAsync(On, "[h2]");
        await FirstAsync(node, "-alpn h2");
        byte[] frames =
        [
            .. Http2Wire.Start,
            .. Http2Wire.Post(1, "/post", ("content-length", "4")),
            .. Http2Wire.Frame(Http2Wire.Data, Http2Wire.EndStream, 1, "body"u8.ToArray()),
            .. Http2Wire.Get(3, "/get"),
        ];

        await using var relay = new HalfDeafRelay(node.Port);
        await using ChildProcess client = Early(node, relay.Port, frames, "-alpn", "h2");
        await ArrivedAsync(1);
        Assert.Equal("/get", _arrived.Single().Target);
        Assert.Equal("1", _arrived.Single().Value("Early-Data"));
        relay.Release();
        await ArrivedAsync(2);
        await client.WaitForOutputAsync("from the origin");

        WireMessage post = _arrived.Last();
        Assert.Equal("/post", post.Target);
        Assert.Equal("body", post.Text);
        Assert.False(post.Has("Early-Data"));
    }

    private static string Get => "GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n";

    private Task ArrivedAsync(int count) => Eventually.IsTrueAsync(
        () => _arrived.Count >= count, () => $"{count} requests at the origin, not {_arrived.Count}");

    private Task<NodeProcess> StartAsync(string tls, string protocols = "[\"http/1.1\"]")
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        return NodeProcess.StartAsync(new NodeSettings
        {
            Listener = $"access-log {{ enabled = false }}\nprotocols = {protocols}\ntls {{ {tls} }}",
            Rules = NodeSettings.Pool("", _origin.Url),
            Files = new Dictionary<string, string>
            {
                ["a.pem"] = leaf.CertificatePem + leaf.KeyPem, ["ca.pem"] = _authority.CaPem,
            },
        });
    }

    /// <summary>A connection that leaves a ticket behind; its request, if it is one, is not counted.</summary>
    private async Task FirstAsync(NodeProcess node, string arguments = "")
    {
        string output = "";
        await Eventually.IsTrueAsync(
            async () =>
            {
                output = await AskAsync(node, node.Port, $"-sess_out first.sess {arguments}");
                return output.Contains("Max Early Data: 16384", StringComparison.Ordinal);
            },
            () => $"a ticket for early data:\n{output}");
        _arrived.Clear();
    }

    private static async Task<string> AskAsync(NodeProcess node, int port, string arguments, string lines = "") =>
        (await ChildProcess.RunAsync(
            "bash",
            [
                "-c",
                $"printf 'GET / HTTP/1.1\\r\\nHost: shop.test\\r\\nConnection: close\\r\\n{lines}\\r\\n' "
                + $"| openssl s_client -ign_eof -tls1_3 -connect 127.0.0.1:{port} -servername shop.test {arguments}",
            ],
            node.Folder)).Output;

    private static ChildProcess Early(NodeProcess node, int port, string request, params string[] arguments) =>
        Early(node, port, System.Text.Encoding.ASCII.GetBytes(request), arguments);

    private static ChildProcess Early(NodeProcess node, int port, byte[] request, params string[] arguments)
    {
        File.WriteAllBytes(Path.Combine(node.Folder, "early.bin"), request);
        return ChildProcess.Start(
            "openssl",
            [
                "s_client", "-connect", $"127.0.0.1:{port}", "-servername", "shop.test", "-ign_eof",
                "-sess_in", "first.sess", "-early_data", "early.bin", .. arguments,
            ],
            node.Folder);
    }
}
