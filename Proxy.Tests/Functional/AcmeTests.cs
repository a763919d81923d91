using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>Certificates ordered from a real authority, pebble.</summary>
[Trait("Suite", "Functional")]
public sealed class AcmeTests : IDisposable
{
    private const string Routes = "routes = [ { match { path = \"/\" }, respond { status = 200, body = hello } } ]";
    private const int Long = 30 * 24 * 3600;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly TestCertificates _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Http_01_is_answered_before_redirects_and_the_certificate_is_shown()
    {
        using var tls = new FreePort();
        using var http = new FreePort();
        await using PebbleAuthority pebble = await PebbleAsync(http, tls, Long);
        await using NodeProcess node = await StartAsync(pebble.Directory, "http-01", $$"""
            listeners += { name = plain, bind = "127.0.0.1:{{http.Number}}", redirect-to-https = 443 }
            """);

        await IssuedAsync(node, pebble);

        string shown = await HandshakeAsync(node, "shop.test");
        Assert.Contains("Pebble Intermediate", shown, StringComparison.Ordinal);
        Assert.Contains("Pebble Intermediate", await HandshakeAsync(node, "www.shop.test"), StringComparison.Ordinal);
        string folder = Path.Combine(node.Folder, "state", "acme");
        Assert.Equal(2, Directory.GetFiles(folder, "*.sealed").Length);
    }

    [Fact]
    public async Task Tls_alpn_01_is_answered_by_the_listener_itself()
    {
        using var http = new FreePort();
        using var tls = new FreePort();
        await using PebbleAuthority pebble = await PebbleAsync(http, tls, Long);
        await using NodeProcess node = await StartAsync(pebble.Directory, "tls-alpn-01", $$"""
            listeners += { name = second, bind = "127.0.0.1:{{tls.Number}}", tls { acme = [shop.test, www.shop.test] } }
            """);

        await IssuedAsync(node, pebble);

        Assert.Contains("Pebble Intermediate", await HandshakeAsync(node, "shop.test"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_renewed_certificate_replaces_the_old_one_and_connections_stay()
    {
        using var tls = new FreePort();
        using var http = new FreePort();
        await using PebbleAuthority pebble = await PebbleAsync(http, tls, seconds: 9);
        await using NodeProcess node = await StartAsync(pebble.Directory, "http-01", $$"""
            listeners += { name = plain, bind = "127.0.0.1:{{http.Number}}" }
            """);
        await IssuedAsync(node, pebble);
        string first = Serial(await HandshakeAsync(node, "shop.test"));
        await using ChildProcess standing = ChildProcess.Start(
            "bash",
            [
                "-c",
                "(printf 'GET /1 HTTP/1.1\\r\\nHost: shop.test\\r\\n\\r\\n'; "
                + "for i in $(seq 300); do test -e go && break; sleep 0.1; done; "
                + "printf 'GET /2 HTTP/1.1\\r\\nHost: shop.test\\r\\nConnection: close\\r\\n\\r\\n'; sleep 1) "
                + $"| openssl s_client -quiet -connect 127.0.0.1:{node.Port} -servername shop.test",
            ],
            node.Folder);
        await standing.WaitForOutputAsync("HTTP/1.1 200");

        string second = first;
        await Eventually.IsTrueAsync(
            async () => (second = Serial(await HandshakeAsync(node, "shop.test"))) != first,
            () => $"another certificate; node:\n{node.Log}\npebble:\n{pebble.Log}",
            Patience);
        await File.WriteAllTextAsync(Path.Combine(node.Folder, "go"), "", TestContext.Current.CancellationToken);
        await standing.WaitAsync(Patience);

        Assert.Equal(2, standing.Output.Split("hello").Length - 1);
    }

    [Fact]
    public async Task An_authority_that_is_away_does_not_keep_the_node_from_serving()
    {
        using var nobody = new FreePort();
        await using NodeProcess node = await StartAsync($"https://127.0.0.1:{nobody.Number}/dir", "tls-alpn-01", "");

        await node.Child.WaitForOutputAsync("no certificate for shop.test, www.shop.test: directory: ");

        string shown = await HandshakeAsync(node, "shop.test");
        Assert.Contains("issuer=CN = shop.test", shown, StringComparison.Ordinal);
        Assert.Contains("a certificate of our own is shown until ACME", node.Log, StringComparison.Ordinal);
    }

    private static string Serial(string handshake)
    {
        int begin = handshake.IndexOf("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal);
        int end = handshake.IndexOf("-----END CERTIFICATE-----", StringComparison.Ordinal);
        return begin < 0 || end < 0 ? "" : handshake[begin..end];
    }

    private static Task IssuedAsync(NodeProcess node, PebbleAuthority pebble) => Eventually.IsTrueAsync(
        () => node.Log.Contains("new connections get the new certificates", StringComparison.Ordinal),
        () => $"a certificate; node:\n{node.Log}\npebble:\n{pebble.Log}",
        Patience);

    private Task<PebbleAuthority> PebbleAsync(FreePort http, FreePort tls, int seconds) =>
        PebbleAuthority.StartAsync(_authority, http.Number, tls.Number, seconds);

    private Task<NodeProcess> StartAsync(string directory, string challenge, string more) =>
        NodeProcess.StartAsync(new NodeSettings
        {
            Listener = "access-log { enabled = false }\ntls { acme = [shop.test, www.shop.test] }",
            Rules = $$"""
                {{Routes}}
                {{more}}
                acme {
                  directory = "{{directory}}", agree-terms = true, contact = ["ops@shop.test"]
                  challenge = {{challenge}}, ca-file = authority.pem
                }
                """,
            Files = new Dictionary<string, string> { ["authority.pem"] = _authority.CaPem },
        });

    private static async Task<string> HandshakeAsync(NodeProcess node, string name) =>
        (await ChildProcess.RunAsync(
            "openssl", ["s_client", "-connect", $"127.0.0.1:{node.Port}", "-servername", name], node.Folder)).Output;
}
