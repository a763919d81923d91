using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>TLS towards members; the member is another node, whose certificate the test makes.</summary>
[Trait("Suite", "Functional")]
public sealed class TlsOriginTests : IDisposable
{
    private readonly TestCertificates _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task A_member_whose_certificate_is_good_is_used_and_the_connection_kept()
    {
        await using NodeProcess member = await MemberAsync(["app.test"]);
        await using NodeProcess node = await StartAsync(
            member, "tls { ca = ca.pem, server-name = app.test }", "access-log { enabled = true, path = \"-\" }");

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("secret", (await node.AskAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).Text);
        }

        string metrics = (await node.ManageAsync("/metrics")).Text;
        Assert.Contains("proxy_member_connections_opened_total{pool=\"app\",member=\"m1\"} 1", metrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tls { ca = ca.pem, server-name = other.test }", "the name is not in it")]
    [InlineData("tls { ca = other.pem, server-name = app.test }", "nobody trusted signed it")]
    [InlineData("tls { server-name = app.test }", "the system does not know the authority")]
    public async Task A_member_whose_certificate_is_not_good_gets_no_request(string tls, string why)
    {
        await using NodeProcess member = await MemberAsync(["app.test"]);
        await using NodeProcess node = await StartAsync(member, tls);

        WireMessage answer = await node.AskAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.True(answer.Status == 502, why);
        Assert.Contains("tls_certificate_error", answer.Value("Proxy-Status"), StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", answer.Head + answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verification_can_be_switched_off_and_is_warned_about()
    {
        await using NodeProcess member = await MemberAsync(["app.test"]);
        await using NodeProcess node = await StartAsync(member, "tls { verify = false }");

        Assert.Equal(200, (await node.AskAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).Status);
        Assert.Contains("verify = false", node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Our_own_certificate_is_shown_to_members_that_ask()
    {
        await using NodeProcess member = await MemberAsync(
            ["app.test"], "client-auth { mode = required, ca = ca.pem }");
        await using NodeProcess with = await StartAsync(
            member, "tls { ca = ca.pem, server-name = app.test, certificate = own.pem }");
        await using NodeProcess without = await StartAsync(member, "tls { ca = ca.pem, server-name = app.test }");

        Assert.Equal(200, (await with.AskAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).Status);
        Assert.Equal(502, (await without.AskAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).Status);
    }

    [Fact]
    public async Task Health_checks_follow_the_same_rules()
    {
        await using NodeProcess member = await MemberAsync(["app.test"]);
        const string Checks = "health { active { interval = 100ms, timeout = 2s } }";
        await using NodeProcess good = await StartAsync(member, $"tls {{ ca = ca.pem, server-name = app.test }}\n{Checks}");
        await using NodeProcess bad = await StartAsync(member, $"tls {{ ca = other.pem, server-name = app.test }}\n{Checks}");

        await Eventually.IsTrueAsync(
            async () => (await bad.AskAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).Status == 503,
            () => bad.Log);
        Assert.Equal(200, (await good.AskAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).Status);
    }

    private Task<NodeProcess> MemberAsync(string[] hosts, string tls = "")
    {
        TestCertificates.Leaf leaf = _authority.Issue(hosts);
        return NodeProcess.StartAsync(new NodeSettings
        {
            Listener = $"tls {{ certificates = [ {{ certificate = a.pem }} ], unknown-name = default\n{tls} }}",
            Rules = "routes = [ { match { path = \"/\" }, respond { status = 200, body = secret } } ]",
            Files = new Dictionary<string, string>
            {
                ["a.pem"] = leaf.CertificatePem + leaf.KeyPem, ["ca.pem"] = _authority.CaPem,
            },
        });
    }

    private Task<NodeProcess> StartAsync(NodeProcess member, string pool, string listener = "")
    {
        using var others = new TestCertificates("Other Authority");
        TestCertificates.Leaf own = _authority.Issue([], subject: "proxy");
        return NodeProcess.StartAsync(new NodeSettings
        {
            Listener = listener,
            Rules = NodeSettings.Pool(pool, $"https://127.0.0.1:{member.Port}")
                .Replace("health { passive { failures = 0 } }", "", StringComparison.Ordinal),
            Files = new Dictionary<string, string>
            {
                ["ca.pem"] = _authority.CaPem, ["other.pem"] = others.CaPem,
                ["own.pem"] = own.CertificatePem + own.KeyPem,
            },
        });
    }
}
