using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>An end of the connection that TLS did not announce (no close_notify) may be somebody's cut: what only the
/// end of the connection delimits is then not complete (RFC 9112 §9.8, RFC 8446 §6.1).</summary>
[Trait("Suite", "Functional")]
public sealed class TlsTruncationTests : IDisposable
{
    private const string Ask = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    private readonly TestCertificates _authority = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public TlsTruncationTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task A_response_that_ends_with_the_connection_is_complete_only_after_close_notify()
    {
        await using NodeProcess node = await StartAsync("access-log { enabled = true, path = \"-\" }");
        using RawClient first = await node.ConnectAsync();
        using RawClient second = await node.ConnectAsync();

        await first.SendAsync(Ask);
        using TlsWire said = await OriginAsync();
        await said.SendAsync("HTTP/1.1 200 OK\r\n\r\nall of it");
        await said.EndAsync();
        WireMessage complete = await first.ReadResponseAsync();
        await second.SendAsync(Ask);
        using TlsWire cut = await OriginAsync();
        await cut.SendAsync("HTTP/1.1 200 OK\r\n\r\npart of it");
        cut.CloseSend();
        WireMessage partial = await second.ReadResponseAsync();

        Assert.True(complete.Complete);
        Assert.Equal("all of it", complete.Text);
        Assert.False(partial.Complete, "the client took the part for the whole");
        Assert.StartsWith("part of it"[..partial.Body.Length], partial.Text, StringComparison.Ordinal);
        string metrics = (await node.ManageAsync("/metrics")).Text;
        Assert.Contains(
            "{fault=\"response-cut-off\",side=\"origin\"} 1", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cut_response_is_a_reset_stream_for_clients_of_http2()
    {
        await using NodeProcess node = await StartAsync("protocols = [h2c]");
        using RawClient client = await node.ConnectAsync();
        await client.SendAsync((byte[])[.. Http2Wire.Start, .. Http2Wire.Get(1)]);
        using TlsWire cut = await OriginAsync();
        await cut.SendAsync("HTTP/1.1 200 OK\r\n\r\npart of it");
        cut.CloseSend();

        List<Http2Frame> frames = await Http2Wire.ReadAsync(
            client,
            static frame => frame.Stream == 1
                && (frame.Type == Http2Wire.Rst || (frame.Flags & Http2Wire.EndStream) != 0));

        Assert.Equal(Http2Wire.Rst, frames[^1].Type);
        Assert.NotEqual(0, frames[^1].Error);
    }

    [Fact]
    public async Task A_response_of_known_length_needs_no_close_notify()
    {
        await using NodeProcess node = await StartAsync("access-log { enabled = false }");
        using RawClient client = await node.ConnectAsync();

        await client.SendAsync(Ask);
        using TlsWire origin = await OriginAsync();
        await origin.SendAsync(Answer.Ok("whole", "Connection: close"));
        origin.CloseSend();

        Assert.Equal("whole", (await client.ReadResponseAsync()).Text);
    }

    private async Task<TlsWire> OriginAsync()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["app.test"]);
        using X509Certificate2 pem = X509Certificate2.CreateFromPem(leaf.CertificatePem, leaf.KeyPem);
        TlsWire wire = await TlsWire.AcceptAsync(_listener, pem);
        await wire.ReadRequestAsync();
        return wire;
    }

    private Task<NodeProcess> StartAsync(string listener) => NodeProcess.StartAsync(new NodeSettings
    {
        Listener = listener,
        Rules = NodeSettings.Pool(
            "tls { ca = ca.pem, server-name = app.test }",
            $"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}"),
        Files = new Dictionary<string, string> { ["ca.pem"] = _authority.CaPem },
    });
}
