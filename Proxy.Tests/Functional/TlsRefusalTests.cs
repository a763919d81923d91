using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>What a refused client is told: the alert of RFC 8446 §6.2 that says why, as openssl reads it.</summary>
[Trait("Suite", "Functional")]
public sealed class TlsRefusalTests : IDisposable
{
    private readonly TestCertificates _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("h2, \"http/1.1\"", "-alpn h2,http/1.1", "ALPN protocol: h2")]
    [InlineData("h2, \"http/1.1\"", "-alpn http/1.1,h2", "ALPN protocol: h2")]
    [InlineData("h2, \"http/1.1\"", "-alpn http/1.1", "ALPN protocol: http/1.1")]
    [InlineData("\"http/1.1\"", "-alpn h2,http/1.1", "ALPN protocol: http/1.1")]
    [InlineData("h2, \"http/1.1\"", "", "No ALPN negotiated")]
    [InlineData("h2, \"http/1.1\"", "-alpn spdy/3", "alert no application protocol")]
    [InlineData("\"http/1.1\"", "-alpn h2", "alert no application protocol")]
    [InlineData("h2, \"http/1.1\"", "-alpn acme-tls/1", "alert no application protocol")]
    [InlineData("h2, \"http/1.1\"", "-alpn spdy/3 -tls1_2", "alert no application protocol")]
    public async Task Protocols_are_agreed_on_or_refused(string protocols, string client, string seen)
    {
        await using NodeProcess node = await StartAsync("", protocols);

        Assert.Contains(seen, await HandshakeAsync(node, client), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("min-version = \"1.3\"", "-tls1_2", "alert protocol version")]
    [InlineData("min-version = \"1.3\"", "-tls1_3", "TLSv1.3, Cipher is TLS_")]
    [InlineData("max-version = \"1.2\"", "-tls1_3", "alert protocol version")]
    [InlineData("max-version = \"1.2\"", "-tls1_2", "TLSv1.2, Cipher is ECDHE-ECDSA-")]
    [InlineData("", "-tls1_1 -cipher ALL:@SECLEVEL=0", "alert protocol version")]
    [InlineData("", "-tls1 -cipher ALL:@SECLEVEL=0", "alert protocol version")]
    [InlineData("", "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256", "alert handshake failure")]
    [InlineData("", "-tls1_2 -cipher AES128-GCM-SHA256", "alert handshake failure")]
    [InlineData("groups = [X25519]", "-groups P-256", "alert handshake failure")]
    [InlineData("groups = [X25519]", "-tls1_2 -groups P-256", "alert handshake failure")]
    public async Task Versions_suites_and_groups_are_agreed_on_or_refused(string tls, string client, string seen)
    {
        await using NodeProcess node = await StartAsync(tls);

        Assert.Contains(seen, await HandshakeAsync(node, client), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "alert certificate required")]
    [InlineData("-tls1_2", "alert handshake failure")]
    [InlineData("-cert revoked.pem -key revoked.pem", "alert certificate revoked")]
    [InlineData("-cert expired.pem -key expired.pem", "alert certificate expired")]
    [InlineData("-cert foreign.pem -key foreign.pem", "alert unknown ca")]
    [InlineData("-cert good.pem -key good.pem", "HTTP/1.1 200")]
    public async Task A_client_is_told_what_is_wrong_with_its_certificate(string client, string seen)
    {
        await using NodeProcess node = await StartAsync("client-auth { mode = required, ca = ca.pem, crl = crl.pem }");

        string said = await HandshakeAsync(node, client);

        Assert.Contains(seen, said, StringComparison.Ordinal);
        bool isGood = client.Contains("good", StringComparison.Ordinal);
        Assert.Equal(isGood, said.Contains("HTTP/1.1 200", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Refusals_are_counted_by_reason()
    {
        await using NodeProcess node = await StartAsync("unknown-name = refuse");

        Assert.Contains(
            "unrecognized name", await HandshakeAsync(node, "-servername other.test"), StringComparison.Ordinal);
        await HandshakeAsync(node, "-alpn spdy/3");
        string metrics = (await node.ManageAsync("/metrics")).Text;

        foreach (string reason in (string[])["unknown_name", "no_protocol"])
        {
            Assert.Contains(
                metrics.Split('\n'),
                line => line.StartsWith("proxy_tls_handshake_failures_total{", StringComparison.Ordinal)
                    && line.Contains(reason, StringComparison.Ordinal)
                    && line.EndsWith(" 1", StringComparison.Ordinal));
        }
    }

    private Task<NodeProcess> StartAsync(string tls, string protocols = "\"http/1.1\"")
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        TestCertificates.Leaf good = _authority.Issue([], subject: "alice");
        TestCertificates.Leaf revoked = _authority.Issue([], subject: "mallory");
        TestCertificates.Leaf expired = _authority.Issue([], until: DateTimeOffset.UnixEpoch.AddYears(51));
        using var others = new TestCertificates("Other Authority");
        TestCertificates.Leaf foreign = others.Issue([], subject: "eve");
        return NodeProcess.StartAsync(new NodeSettings
        {
            Listener = $"protocols = [{protocols}]\ntls {{ certificates = [ {{ certificate = a.pem }} ]\n{tls} }}",
            Rules = "routes = [ { match { path = \"/\" }, respond { status = 200, body = hello } } ]",
            Files = new Dictionary<string, string>
            {
                ["a.pem"] = leaf.CertificatePem + leaf.KeyPem, ["ca.pem"] = _authority.CaPem,
                ["crl.pem"] = _authority.Revoke(revoked), ["good.pem"] = good.CertificatePem + good.KeyPem,
                ["revoked.pem"] = revoked.CertificatePem + revoked.KeyPem,
                ["expired.pem"] = expired.CertificatePem + expired.KeyPem,
                ["foreign.pem"] = foreign.CertificatePem + foreign.KeyPem,
            },
        });
    }

    /// <summary>In TLS 1.3 a client's certificate is judged after its side of the handshake: it has to wait for the
    /// alert.</summary>
    private static async Task<string> HandshakeAsync(NodeProcess node, string arguments)
    {
        string name = arguments.Contains("-servername", StringComparison.Ordinal) ? "" : "-servername shop.test";
        (_, string output) = await ChildProcess.RunAsync(
            "bash",
            [
                "-c",
                "printf 'GET / HTTP/1.1\\r\\nHost: shop.test\\r\\nConnection: close\\r\\n\\r\\n' "
                + $"| openssl s_client -ign_eof -connect 127.0.0.1:{node.Port} {name} {arguments}",
            ],
            node.Folder);
        return output;
    }
}
