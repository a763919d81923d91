using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>A session ticket is worth what was proven when it was made: it opens nothing that asks for more.</summary>
[Trait("Suite", "Functional")]
public sealed class TlsResumptionTests : IAsyncDisposable
{
    private const string Open = "certificates = [ { certificate = a.pem } ]";
    private const string Guarded = Open + "\nclient-auth { mode = required, ca = ca.pem }";

    private readonly TestCertificates _authority = new();
    private readonly TestCertificates.Leaf _client;
    private readonly ScriptedOrigin _origin = new();

    public TlsResumptionTests()
    {
        _client = _authority.Issue([], subject: "alice");
        _origin.Serve(static request => Answer.Ok($"[{request.Value("Client-Cert")}]"));
    }

    public async ValueTask DisposeAsync()
    {
        await _origin.DisposeAsync();
        _authority.Dispose();
    }

    public static TheoryData<string> Versions => ["-tls1_2", "-tls1_3"];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_ticket_of_an_open_listener_does_not_open_a_guarded_one(string version)
    {
        using var guarded = new FreePort();
        await using NodeProcess node = await StartAsync(
            Open, $"listeners += {{ name = guarded, bind = \"127.0.0.1:{guarded.Number}\", tls {{ {Guarded} }} }}");

        string first = await AskAsync(node, node.Port, $"{version} -sess_out open.sess");
        string again = await AskAsync(node, node.Port, $"{version} -sess_in open.sess");
        string crossed = await AskAsync(node, guarded.Number, $"{version} -sess_in open.sess");

        Assert.Contains("HTTP/1.1 200", first, StringComparison.Ordinal);
        Assert.Contains("Reused, TLSv1", again, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200", again, StringComparison.Ordinal);
        Assert.DoesNotContain("Reused, TLSv1", crossed, StringComparison.Ordinal);
        Assert.DoesNotContain("HTTP/1.1 200", crossed, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_ticket_of_one_host_does_not_open_another_host(string version)
    {
        await using NodeProcess node = await StartAsync(
            Open + "\nhosts = [ { name = admin.test, client-auth { mode = required, ca = ca.pem } } ]", "");

        await AskAsync(node, node.Port, $"{version} -sess_out open.sess");
        string crossed = await AskAsync(node, node.Port, $"{version} -sess_in open.sess", "admin.test");

        Assert.DoesNotContain("Reused, TLSv1", crossed, StringComparison.Ordinal);
        Assert.DoesNotContain("HTTP/1.1 200", crossed, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_rule_that_became_stricter_holds_for_old_tickets(string version)
    {
        await using NodeProcess node = await StartAsync("include \"tls.conf\"", "");
        await AskAsync(node, node.Port, $"{version} -sess_out old.sess");

        File.WriteAllText(Path.Combine(node.Folder, "tls.conf"), Guarded);
        await node.Child.SignalAsync("HUP");
        await node.Child.WaitForOutputAsync("new connections get the new certificates");
        string after = await AskAsync(node, node.Port, $"{version} -sess_in old.sess");

        Assert.Contains("TLSv1", after, StringComparison.Ordinal);
        Assert.DoesNotContain("Reused, TLSv1", after, StringComparison.Ordinal);
        Assert.DoesNotContain("HTTP/1.1 200", after, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_resumed_client_is_still_known(string version)
    {
        await using NodeProcess node = await StartAsync(Guarded, "");

        string first = await AskAsync(
            node, node.Port, $"{version} -cert client.pem -key client.pem -sess_out known.sess");
        string again = await AskAsync(node, node.Port, $"{version} -sess_in known.sess");

        Assert.Contains("New, TLSv1", first, StringComparison.Ordinal);
        Assert.Contains("Reused, TLSv1", again, StringComparison.Ordinal);
        string der = string.Concat(_client.CertificatePem.Split('\n').Where(static one => !one.StartsWith('-')));
        Assert.Contains($"[:{der}:]", again, StringComparison.Ordinal);
    }

    private Task<NodeProcess> StartAsync(string tls, string rules)
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test", "admin.test"]);
        return NodeProcess.StartAsync(new NodeSettings
        {
            Listener = $"access-log {{ enabled = false }}\ntls {{ {tls} }}",
            Rules = $"{rules}\n{NodeSettings.Pool("", _origin.Url)}",
            Files = new Dictionary<string, string>
            {
                ["tls.conf"] = Open, ["a.pem"] = leaf.CertificatePem + leaf.KeyPem, ["ca.pem"] = _authority.CaPem,
                ["client.pem"] = _client.CertificatePem + _client.KeyPem,
            },
        });
    }

    /// <summary>One request by openssl, which stays until the node closes: by then it has the tickets.</summary>
    private static async Task<string> AskAsync(
        NodeProcess node, int port, string arguments, string name = "shop.test") =>
        (await ChildProcess.RunAsync(
            "bash",
            [
                "-c",
                $"printf 'GET / HTTP/1.1\\r\\nHost: {name}\\r\\nConnection: close\\r\\n\\r\\n' "
                + $"| openssl s_client -ign_eof -connect 127.0.0.1:{port} -servername {name} {arguments}",
            ],
            node.Folder)).Output;
}
