using System.Globalization;
using System.Net.Sockets;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>Connections to an origin after the first resume its session. The origin is openssl, which closes after
/// every
/// answer and says in it how its handshake went.</summary>
[Trait("Suite", "Functional")]
public sealed class OriginResumptionTests : IDisposable
{
    private readonly TestCertificates _authority = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [InlineData("-tls1_3")]
    [InlineData("-tls1_2")]
    public async Task A_second_connection_resumes_the_session_of_the_first(string version)
    {
        using var port = new FreePort();
        await using ChildProcess origin = await OriginAsync(port.Number, version);
        await using NodeProcess node = await StartAsync(port.Number, "app.test");

        string first = await AskAsync(node);
        string[] others = [await AskAsync(node), await AskAsync(node), await AskAsync(node)];

        Assert.Contains("New, TLSv1", first, StringComparison.Ordinal);
        Assert.All(others, static other => Assert.Contains("Reused, TLSv1", other, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_origin_that_does_not_know_its_tickets_any_more_gets_a_full_handshake()
    {
        using var port = new FreePort();
        await using NodeProcess node = await StartAsync(port.Number, "app.test");
        await using (await OriginAsync(port.Number, "-tls1_3"))
        {
            Assert.Contains("New, TLSv1", await AskAsync(node), StringComparison.Ordinal);
        }

        await using ChildProcess again = await OriginAsync(port.Number, "-tls1_3");

        Assert.Contains("New, TLSv1", await AskAsync(node), StringComparison.Ordinal);
        Assert.Contains("Reused, TLSv1", await AskAsync(node), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_is_not_used_under_another_name()
    {
        using var port = new FreePort();
        await using ChildProcess origin = await OriginAsync(port.Number, "-tls1_3");
        await using NodeProcess node = await StartAsync(port.Number, "app.test");
        Assert.Contains("New, TLSv1", await AskAsync(node), StringComparison.Ordinal);

        // Were it used, it would go on: every answer brings another one.
        await node.ReloadAsync(Rules(port.Number, "other.test"));
        await node.Child.WaitForOutputAsync("revision 2 is live");
        WireMessage refused = await node.AskAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.Contains("tls_certificate_error", refused.Value("Proxy-Status"), StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(NodeProcess node) =>
        (await node.AskAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).Text;

    private static string Rules(int port, string name) =>
        NodeSettings.Pool($"tls {{ ca = ca.pem, server-name = {name} }}", $"https://127.0.0.1:{port}");

    private Task<NodeProcess> StartAsync(int port, string name) => NodeProcess.StartAsync(new NodeSettings
    {
        Rules = Rules(port, name),
        Files = new Dictionary<string, string> { ["ca.pem"] = _authority.CaPem },
    });

    private async Task<ChildProcess> OriginAsync(int port, string version)
    {
        TestCertificates.Leaf leaf = _authority.Issue(["app.test"]);
        string file = Path.Combine(_folder.Path, "a.pem");
        await File.WriteAllTextAsync(file, leaf.CertificatePem + leaf.KeyPem, TestContext.Current.CancellationToken);
        var origin = ChildProcess.Start(
            "openssl",
            [
                "s_server", "-accept", port.ToString(CultureInfo.InvariantCulture), "-cert", file, version, "-www",
            ],
            _folder.Path);
        await Eventually.IsTrueAsync(
            async () =>
            {
                using var knock = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await knock.ConnectAsync("127.0.0.1", port, TestContext.Current.CancellationToken);
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            () => $"openssl listening: {origin.Output}");
        return origin;
    }
}
