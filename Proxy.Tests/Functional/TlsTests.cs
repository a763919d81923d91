using System.Text.RegularExpressions;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>TLS towards clients, with openssl and curl as the clients.</summary>
[Trait("Suite", "Functional")]
public sealed class TlsTests : IDisposable
{
    private const string Hello = "routes = [ { match { path = \"/\" }, respond { status = 200, body = hello } } ]";

    private readonly TestCertificates _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Versions_suites_and_names_are_what_the_listener_says()
    {
        TestCertificates.Leaf shop = _authority.Issue(["shop.test"], subject: "shop");
        TestCertificates.Leaf shopRsa = _authority.Issue(["shop.test"], rsa: true, subject: "shop-rsa");
        TestCertificates.Leaf wild = _authority.Issue(["*.wild.test"], subject: "wild");
        await using NodeProcess node = await StartAsync(
            "certificates = [ { certificate = a.pem }, { certificate = b.pem }, { certificate = c.pem } ]",
            Hello,
            ("a.pem", shop.CertificatePem + shop.KeyPem), ("b.pem", shopRsa.CertificatePem + shopRsa.KeyPem),
            ("c.pem", wild.CertificatePem + wild.KeyPem));

        Assert.Contains("TLSv1.3", await HandshakeAsync(node), StringComparison.Ordinal);
        Assert.Contains("Protocol  : TLSv1.2", await HandshakeAsync(node, "-tls1_2"), StringComparison.Ordinal);
        Assert.Contains(
            "alert protocol version", await HandshakeAsync(node, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
            StringComparison.Ordinal);
        Assert.Contains(
            "alert handshake failure", await HandshakeAsync(node, "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"),
            StringComparison.Ordinal);
        Assert.Contains(
            "alert handshake failure", await HandshakeAsync(node, "-tls1_2", "-cipher", "AES128-GCM-SHA256"),
            StringComparison.Ordinal);
        Assert.Contains("CN = shop\n", await HandshakeAsync(node, "-servername", "shop.test"), StringComparison.Ordinal);
        Assert.Contains(
            "CN = shop-rsa",
            await HandshakeAsync(node, "-servername", "SHOP.test", "-sigalgs", "RSA-PSS+SHA256"),
            StringComparison.Ordinal);
        Assert.Contains("CN = wild", await HandshakeAsync(node, "-servername", "x.wild.test"), StringComparison.Ordinal);
        Assert.Contains(
            "CN = shop\n", await HandshakeAsync(node, "-servername", "a.b.wild.test"), StringComparison.Ordinal);
        Assert.Contains("X25519", await HandshakeAsync(node), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_nobody_knows_can_be_refused_with_an_alert()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        await using NodeProcess node = await StartAsync(
            "certificates = [ { certificate = a.pem } ], unknown-name = refuse", Hello,
            ("a.pem", leaf.CertificatePem + leaf.KeyPem));

        Assert.Contains(
            "unrecognized name", await HandshakeAsync(node, "-servername", "other.test"), StringComparison.Ordinal);
        Assert.Contains(
            "Verification: OK", await HandshakeAsync(node, "-servername", "shop.test"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Sessions_are_resumed(string version)
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        await using NodeProcess node = await StartAsync(
            "certificates = [ { certificate = a.pem } ]", Hello, ("a.pem", leaf.CertificatePem + leaf.KeyPem));
        string session = Path.Combine(node.Folder, "session.pem");
        const string Ask = "printf 'GET / HTTP/1.1\\r\\nHost: shop.test\\r\\nConnection: close\\r\\n\\r\\n'";

        string first = await ShellAsync(node, Ask, $"-ign_eof {version} -sess_out {session}");
        string second = await ShellAsync(node, Ask, $"-ign_eof {version} -sess_in {session} -sess_out {session}");
        string third = await ShellAsync(node, Ask, $"-ign_eof {version} -sess_in {session}");

        Assert.Contains("New, TLSv1", first, StringComparison.Ordinal);
        Assert.Contains("Reused, TLSv1", second, StringComparison.Ordinal);
        Assert.Contains("Reused, TLSv1", third, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_resumed_session_of_tls_1_3_gets_one_new_ticket_for_the_next()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        await using NodeProcess node = await StartAsync(
            "certificates = [ { certificate = a.pem } ]", Hello, ("a.pem", leaf.CertificatePem + leaf.KeyPem));
        string session = Path.Combine(node.Folder, "session.pem");
        const string Ask = "printf 'GET / HTTP/1.1\\r\\nHost: shop.test\\r\\nConnection: close\\r\\n\\r\\n'";

        string first = await ShellAsync(node, Ask, $"-ign_eof -tls1_3 -msg -sess_out {session}");
        string second = await ShellAsync(node, Ask, $"-ign_eof -tls1_3 -msg -sess_in {session}");

        Assert.Contains("New, TLSv1", first, StringComparison.Ordinal);
        Assert.Contains("Reused, TLSv1", second, StringComparison.Ordinal);
        Assert.Single(Regex.Matches(first, "NewSessionTicket"));
        Assert.Single(Regex.Matches(second, "NewSessionTicket"));
    }

    [Fact]
    public async Task A_client_that_has_not_asked_yet_gets_its_ticket_too()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        await using NodeProcess node = await StartAsync(
            "certificates = [ { certificate = a.pem } ]", Hello, ("a.pem", leaf.CertificatePem + leaf.KeyPem));

        string silent = await ShellAsync(node, "sleep 3", "-tls1_3 -msg");

        Assert.Single(Regex.Matches(silent, "NewSessionTicket"));
    }

    [Fact]
    public async Task Client_certificates_are_judged_and_told_to_the_origin_and_forged_ones_are_not()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        TestCertificates.Leaf good = _authority.Issue([], subject: "alice");
        TestCertificates.Leaf revoked = _authority.Issue([], subject: "mallory");
        TestCertificates.Leaf expired = _authority.Issue([], until: DateTimeOffset.UnixEpoch.AddYears(51));
        using var others = new TestCertificates("Other Authority");
        TestCertificates.Leaf foreign = others.Issue([], subject: "eve");
        await using var origin = new ScriptedOrigin();
        origin.Serve(static request => Answer.Ok($"[{request.Value("Client-Cert")}]"));
        await using NodeProcess node = await StartAsync(
            "certificates = [ { certificate = a.pem } ], client-auth { mode = required, ca = ca.pem, crl = crl.pem }",
            NodeSettings.Pool("", origin.Url),
            ("a.pem", leaf.CertificatePem + leaf.KeyPem), ("ca.pem", _authority.CaPem),
            ("crl.pem", _authority.Revoke(revoked)), ("good.pem", good.CertificatePem + good.KeyPem),
            ("revoked.pem", revoked.CertificatePem + revoked.KeyPem),
            ("expired.pem", expired.CertificatePem + expired.KeyPem),
            ("foreign.pem", foreign.CertificatePem + foreign.KeyPem));

        (int code, string told) = await CurlAsync(node, "--cert", File(node, "good.pem"), "-H", "Client-Cert: :forged:");
        Assert.Equal(0, code);
        string der = string.Concat(good.CertificatePem.Split('\n').Where(static line => !line.StartsWith('-')));
        Assert.Equal($"[:{der}:]", told);
        foreach (string other in (string[])["revoked.pem", "expired.pem", "foreign.pem"])
        {
            Assert.NotEqual(0, (await CurlAsync(node, "--cert", File(node, other))).Code);
        }

        Assert.NotEqual(0, (await CurlAsync(node)).Code);
    }

    [Fact]
    public async Task A_connection_for_one_host_does_not_carry_requests_for_another_with_other_rules()
    {
        TestCertificates.Leaf shop = _authority.Issue(["shop.test"]);
        TestCertificates.Leaf admin = _authority.Issue(["admin.test"]);
        await using NodeProcess node = await StartAsync(
            """
            certificates = [ { certificate = a.pem }, { certificate = b.pem } ]
            hosts = [ { name = admin.test, client-auth { mode = required, ca = ca.pem } } ]
            """,
            Hello,
            ("a.pem", shop.CertificatePem + shop.KeyPem), ("b.pem", admin.CertificatePem + admin.KeyPem),
            ("ca.pem", _authority.CaPem));

        (_, string fine) = await CurlAsync(node, "-w", "%{http_code}");
        (_, string crossed) = await CurlAsync(node, "-H", "Host: admin.test", "-w", "%{http_code}", "-o", "/dev/null");

        Assert.Equal("hello200", fine);
        Assert.Equal("421", crossed);
    }

    [Fact]
    public async Task A_reload_brings_new_certificates_and_standing_connections_stay()
    {
        TestCertificates.Leaf old = _authority.Issue(["shop.test"], subject: "old");
        TestCertificates.Leaf fresh = _authority.Issue(["shop.test"], subject: "fresh");
        await using NodeProcess node = await StartAsync(
            "certificates = [ { certificate = a.pem, key = a.key, password-file = a.pass } ]", Hello,
            ("a.pem", old.CertificatePem), ("a.key", old.LockedKeyPem), ("a.pass", "secret\n"));
        await using ChildProcess standing = ChildProcess.Start(
            "bash",
            ["-c", $"(printf 'GET / HTTP/1.1\\r\\nHost: shop.test\\r\\n\\r\\n'; sleep 2; "
                + "printf 'GET /again HTTP/1.1\\r\\nHost: shop.test\\r\\nConnection: close\\r\\n\\r\\n'; sleep 1) | "
                + $"openssl s_client -quiet -connect 127.0.0.1:{node.Port} -servername shop.test"],
            node.Folder);
        await standing.WaitForOutputAsync("hello");

        System.IO.File.WriteAllText(File(node, "a.pem"), fresh.CertificatePem);
        System.IO.File.WriteAllText(File(node, "a.key"), fresh.LockedKeyPem);
        await node.ReloadAsync(Hello);
        await Eventually.IsTrueAsync(
            async () => (await HandshakeAsync(node)).Contains("CN = fresh", StringComparison.Ordinal),
            () => $"the new certificate is shown; log:\n{node.Log}");

        await standing.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(2, standing.Output.Split("HTTP/1.1 200 OK").Length - 1);
    }

    [Fact]
    public async Task Files_that_are_renewed_are_noticed_without_a_reload_and_metrics_tell_of_them()
    {
        TestCertificates.Leaf old = _authority.Issue(["shop.test"], subject: "old");
        TestCertificates.Leaf fresh = _authority.Issue(["shop.test"], subject: "fresh");
        await using NodeProcess node = await StartAsync(
            "certificates = [ { certificate = a.pem } ]", Hello, ("a.pem", old.CertificatePem + old.KeyPem));
        await HandshakeAsync(node);

        // As renewal tools do it: a new file takes the name.
        await System.IO.File.WriteAllTextAsync(
            File(node, "new.pem"), fresh.CertificatePem + fresh.KeyPem, TestContext.Current.CancellationToken);
        System.IO.File.Move(File(node, "new.pem"), File(node, "a.pem"), overwrite: true);
        await node.Child.WaitForOutputAsync("new connections get the new certificates");

        Assert.Contains("CN = fresh", await HandshakeAsync(node), StringComparison.Ordinal);
        string metrics = (await node.ManageAsync("/metrics")).Text;
        Assert.Contains("proxy_tls_handshakes_total{kind=\"full\"} 2", metrics, StringComparison.Ordinal);
        Assert.Contains(
            "proxy_tls_certificate_not_after_seconds{listener=\"web\",certificate=\"a.pem\"} 4733510400", metrics,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reload_with_a_broken_certificate_keeps_the_good_one()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"], subject: "good");
        TestCertificates.Leaf other = _authority.Issue(["shop.test"]);
        await using NodeProcess node = await StartAsync(
            "certificates = [ { certificate = a.pem, key = a.key } ]", Hello,
            ("a.pem", leaf.CertificatePem), ("a.key", leaf.KeyPem));

        System.IO.File.WriteAllText(File(node, "a.key"), other.KeyPem);
        await node.ReloadAsync(Hello);
        await node.Child.WaitForOutputAsync("the key does not belong to the certificate");

        Assert.Contains("CN = good", await HandshakeAsync(node), StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_carry_hsts_and_plain_requests_are_redirected_or_told()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        await using NodeProcess node = await StartAsync(
            "certificates = [ { certificate = a.pem } ], hsts { max-age = 365d, include-subdomains = true }", Hello,
            ("a.pem", leaf.CertificatePem + leaf.KeyPem));
        await using NodeProcess plain = await NodeProcess.StartAsync(
            new NodeSettings { Rules = Hello, Listener = "redirect-to-https = 8443" });

        (_, string secure) = await CurlAsync(node, "-i");
        string told = (await node.AskAsync("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n")).Head;
        WireMessage moved = await plain.AskAsync("GET /a?b=1 HTTP/1.1\r\nHost: shop.test:80\r\nConnection: close\r\n\r\n");

        Assert.Contains("Strict-Transport-Security: max-age=31536000; includeSubDomains\n", secure, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 400", told, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 308", moved.Head, StringComparison.Ordinal);
        Assert.Equal("https://shop.test:8443/a?b=1", moved.Value("Location"));
    }

    [Fact]
    public async Task Large_bodies_pass_both_ways_unchanged()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        await using var origin = new ScriptedOrigin();
        origin.Serve(static request => Answer.Ok(request.Text));
        await using NodeProcess node = await StartAsync(
            "certificates = [ { certificate = a.pem } ]", NodeSettings.Pool("", origin.Url),
            ("a.pem", leaf.CertificatePem + leaf.KeyPem));
        var random = new Random(8446);
        string body = string.Concat(Enumerable.Range(0, 3_000_000).Select(_ => (char)random.Next('a', 'z' + 1)));
        System.IO.File.WriteAllText(File(node, "body"), body);

        (int code, string echoed) = await CurlAsync(node, "--data-binary", $"@{File(node, "body")}", "--limit-rate", "20M");

        Assert.Equal(0, code);
        Assert.True(body == echoed, "the body came back changed");
    }

    [Fact]
    public async Task A_handshake_that_does_not_go_on_is_ended()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        await using NodeProcess node = await StartAsync(
            "certificates = [ { certificate = a.pem } ], handshake-timeout = 300ms", Hello,
            ("a.pem", leaf.CertificatePem + leaf.KeyPem));
        using RawClient client = await node.ConnectAsync();

        await client.SendAsync("\u0016\u0003\u0001");

        await client.ReadEndAsync();
    }

    [Fact]
    public async Task Check_tells_what_is_wrong_with_certificates()
    {
        using var folder = new TempFolder();
        TestCertificates.Leaf expired = _authority.Issue(["shop.test"], until: DateTimeOffset.UnixEpoch.AddYears(51));
        folder.Write("a.pem", expired.CertificatePem + expired.KeyPem);
        string file = folder.Write("check.conf", """
            proxy {
              listeners = [ { bind = "127.0.0.1:0", tls { certificates = [
                { certificate = a.pem, hosts = [other.test] }, { certificate = missing.pem }
              ] } } ]
              routes = [ { match { path = "/" }, respond { status = 200 } } ]
            }
            """);

        (int code, string output) =
            await ChildProcess.RunAsync("dotnet", [Repository.Program, "check", file], folder.Path);

        Assert.Equal(2, code);
        Assert.Contains("certificates[0]: a.pem: expired on 2021", output, StringComparison.Ordinal);
        Assert.Contains("does not cover the host other.test", output, StringComparison.Ordinal);
        Assert.Contains("certificates[1].certificate = missing.pem: is not there", output, StringComparison.Ordinal);
    }

    private static string File(NodeProcess node, string name) => Path.Combine(node.Folder, name);

    /// <summary>From the second request on the connection is served without OpenSSL's object.</summary>
    [Fact]
    public async Task The_access_log_shows_what_the_handshake_agreed_on()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        await using NodeProcess node = await NodeProcess.StartAsync(new NodeSettings
        {
            Listener = "access-log { path = access.log, format = \"%H %{tls-version} %{SSL_CIPHER}x\" }\n"
                + "protocols = [h2, \"http/1.1\"]\ntls { certificates = [ { certificate = a.pem } ] }",
            Rules = Hello,
            Files = new Dictionary<string, string>
            {
                ["a.pem"] = leaf.CertificatePem + leaf.KeyPem, ["authority.pem"] = _authority.CaPem,
            },
        });

        await CurlAsync(node, "--tls13-ciphers", "TLS_AES_256_GCM_SHA384", $"https://shop.test:{node.Port}/again");
        await CurlAsync(node, "--http2", "--tls13-ciphers", "TLS_AES_128_GCM_SHA256");
        await CurlAsync(node, "--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256");

        string[] expected =
        [
            "HTTP/1.1 TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256", "HTTP/1.1 TLSv1.3 TLS_AES_256_GCM_SHA384",
            "HTTP/1.1 TLSv1.3 TLS_AES_256_GCM_SHA384", "HTTP/2.0 TLSv1.3 TLS_AES_128_GCM_SHA256",
        ];
        string log = File(node, "access.log");
        string[] lines = [];
        await Eventually.IsTrueAsync(
            () => (lines = System.IO.File.Exists(log) ? System.IO.File.ReadAllLines(log) : []).Length == 4,
            () => string.Join('\n', lines));
        // Several loops write to the file.
        Assert.Equal(expected, lines.Order(StringComparer.Ordinal));
    }

    private Task<NodeProcess> StartAsync(string tls, string rules, params (string Name, string Text)[] files)
    {
        var all = files.ToDictionary(static file => file.Name, static file => file.Text);
        all["authority.pem"] = _authority.CaPem;
        return NodeProcess.StartAsync(new NodeSettings
        {
            Listener = $"access-log {{ enabled = false }}\ntls {{ {tls} }}", Rules = rules, Files = all,
        });
    }

    private static async Task<string> HandshakeAsync(NodeProcess node, params string[] arguments) =>
        (await ChildProcess.RunAsync(
            "openssl",
            ["s_client", "-connect", $"127.0.0.1:{node.Port}", "-CAfile", "authority.pem", .. arguments],
            node.Folder)).Output;

    private static async Task<string> ShellAsync(NodeProcess node, string input, string arguments) =>
        (await ChildProcess.RunAsync(
            "bash",
            ["-c", $"({input}) | openssl s_client -connect 127.0.0.1:{node.Port} -servername shop.test {arguments}"],
            node.Folder)).Output;

    private static async Task<(int Code, string Output)> CurlAsync(NodeProcess node, params string[] arguments)
    {
        (int code, string output) = await Curl.RunAsync(
        [
            "--http1.1", "--cacert", File(node, "authority.pem"), "--resolve", $"shop.test:{node.Port}:127.0.0.1",
            $"https://shop.test:{node.Port}/", .. arguments,
        ]);
        return (code, output.TrimEnd('\n'));
    }
}
