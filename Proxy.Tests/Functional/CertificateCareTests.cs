using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>What a node does for its certificates by itself: stapling, renewal under load.</summary>
[Trait("Suite", "Functional")]
public sealed class CertificateCareTests : IDisposable
{
    private const string Hello = "routes = [ { match { path = \"/\" }, respond { status = 200, body = hello } } ]";

    private readonly TestCertificates _authority = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_response_is_fetched_from_the_authority_and_stapled()
    {
        int port = FreePort.Probe();
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"], ocsp: $"http://127.0.0.1:{port}/");
        await using ChildProcess responder = await RespondAsync(port, leaf, revoked: false);
        await using NodeProcess node = await StartAsync(leaf);

        await Eventually.IsTrueAsync(
            async () => (await StatusAsync(node)).Contains("Cert Status: good", StringComparison.Ordinal),
            () => $"a staple; log:\n{node.Log}\nresponder:\n{responder.Output}",
            TimeSpan.FromSeconds(30));

        Assert.Contains("OCSP Response Status: successful", await StatusAsync(node), StringComparison.Ordinal);
        string page = (await RawClient.AskOnceAsync(
            node.ManagementPort,
            "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n")).Text;
        Assert.Contains("<td>a.pem</td><td class=\"why\">shop.test</td>", page, StringComparison.Ordinal);
        Assert.Contains("<td>stapled</td>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_response_that_is_not_good_is_told_and_not_stapled()
    {
        int port = FreePort.Probe();
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"], ocsp: $"http://127.0.0.1:{port}/");
        await using ChildProcess responder = await RespondAsync(port, leaf, revoked: true);
        await using NodeProcess node = await StartAsync(leaf);

        await node.Child.WaitForOutputAsync("the response says that the certificate is revoked");

        Assert.Contains("no response sent", await StatusAsync(node), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Renewal_under_load_fails_no_request()
    {
        TestCertificates.Leaf first = _authority.Issue(["shop.test"], subject: "first");
        TestCertificates.Leaf second = _authority.Issue(["shop.test"], subject: "second");
        await using NodeProcess node = await StartAsync(first, ocsp: "\"\"");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task<int>[] clients =
        [
            LoadAsync(node, keep: true, stop.Token), LoadAsync(node, keep: true, stop.Token),
            LoadAsync(node, keep: false, stop.Token), LoadAsync(node, keep: false, stop.Token),
        ];

        string fresh = Path.Combine(node.Folder, "new.pem");
        await File.WriteAllTextAsync(
            fresh, second.CertificatePem + _authority.CaPem + second.KeyPem, TestContext.Current.CancellationToken);
        File.Move(fresh, Path.Combine(node.Folder, "a.pem"), overwrite: true);
        await node.Child.WaitForOutputAsync("new connections get the new certificates");
        Assert.Contains("CN = second", await StatusAsync(node), StringComparison.Ordinal);
        await stop.CancelAsync();

        int[] answers = await Task.WhenAll(clients);
        Assert.All(answers, static count => Assert.True(count > 20, $"only {count} answers"));
    }

    /// <summary>Asks again and again, on one connection or on a new one each time; answers before the stop. Anything
    /// but the right answer throws.</summary>
    private async Task<int> LoadAsync(NodeProcess node, bool keep, CancellationToken stop)
    {
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            PooledConnectionLifetime = keep ? Timeout.InfiniteTimeSpan : TimeSpan.Zero,
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync("127.0.0.1", node.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using X509Certificate2 authority = X509Certificate2.CreateFromPem(_authority.CaPem);
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            CustomTrustStore = { authority },
        };
        using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(20) };
        int answers = 0;
        while (!stop.IsCancellationRequested)
        {
            Assert.Equal(
                "hello", await http.GetStringAsync("https://shop.test/", TestContext.Current.CancellationToken));
            answers++;
        }

        return answers;
    }

    private async Task<ChildProcess> RespondAsync(int port, TestCertificates.Leaf leaf, bool revoked)
    {
        _folder.Write("ca.pem", _authority.CaPem);
        _folder.Write("ca.key", _authority.CaKeyPem);
        TestOcsp.WriteIndex(_folder, leaf, revoked);
        ChildProcess responder = ChildProcess.Start(
            "openssl",
            [
                "ocsp", "-port", $"{port}", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "ca.pem",
                "-rkey", "ca.key", "-ndays", "1",
            ],
            _folder.Path);
        await responder.WaitForOutputAsync("waiting for OCSP client connections");
        return responder;
    }

    private Task<NodeProcess> StartAsync(TestCertificates.Leaf leaf, string ocsp = "auto") =>
        NodeProcess.StartAsync(new NodeSettings
        {
            Listener =
                $"access-log {{ enabled = false }}\ntls {{ certificates = [ {{ certificate = a.pem, ocsp = {ocsp} }} ] }}",
            Rules = Hello,
            Files = new Dictionary<string, string>
            {
                ["a.pem"] = leaf.CertificatePem + _authority.CaPem + leaf.KeyPem,
            },
        });

    private static async Task<string> StatusAsync(NodeProcess node) =>
        (await ChildProcess.RunAsync(
            "openssl",
            ["s_client", "-connect", $"127.0.0.1:{node.Port}", "-servername", "shop.test", "-status"],
            node.Folder)).Output;
}
