using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Peers;
using Proxy.Cluster.Peers.Shared;
using Proxy.Edge.Tls;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>A client resumes its TLS session on any node, and for two exchanges of the key. Real nodes, real openssl;
/// the test itself is a node too, so that it can exchange keys when it wants.</summary>
[Trait("Suite", "Functional")]
public sealed class SharedTicketTests : IAsyncDisposable
{
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private readonly TestCertificates _authority = new();
    private readonly PeerMeshFiles _files;
    private readonly ScriptedOrigin _origin = new();

    public SharedTicketTests()
    {
        _files = new PeerMeshFiles(_authority);
        _origin.Serve(static _ => Answer.Ok("ok"));
    }

    public async ValueTask DisposeAsync()
    {
        await _origin.DisposeAsync();
        _files.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task A_session_resumes_on_every_node_across_two_exchanges_of_the_key()
    {
        int[] ports = [FreePort.Probe(), FreePort.Probe(), FreePort.Probe()];
        await using NodeProcess a = await StartAsync("a", ports[0], ports);
        await using NodeProcess b = await StartAsync("b", ports[1], ports);
        await using PeerMesh mesh = Mesh(ports);
        var keys = new TlsTicketKeys();
        var shared = new SharedTicketKeys(
            mesh.Blobs, new BlobSeal(ClusterSecret.Read(_files.Secret)), keys, static () => TimeSpan.Zero,
            static () => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), Assert.Fail);
        shared.Start();
        mesh.Start();
        await Eventually.IsTrueAsync(() => mesh.Peers.Count == 2, () => $"{a.Log}\n{b.Log}");

        await ExchangeAsync(shared, keys, a, b);
        Assert.Contains("HTTP/1.1 200", await AskAsync(a, a, "-sess_out old.sess"), StringComparison.Ordinal);
        await ExchangeAsync(shared, keys, a, b);
        await ExchangeAsync(shared, keys, a, b);
        string onB = await AskAsync(a, b, "-sess_in old.sess");
        string onA = await AskAsync(a, a, "-sess_in old.sess");
        await ExchangeAsync(shared, keys, a, b);
        string late = await AskAsync(a, b, "-sess_in old.sess");

        Assert.Contains("Reused, TLSv1.3", onB, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200", onB, StringComparison.Ordinal);
        Assert.Contains("Reused, TLSv1.3", onA, StringComparison.Ordinal);
        Assert.Contains("New, TLSv1.3", late, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, a.Log, StringComparison.Ordinal);
    }

    /// <summary>Until both nodes seal with the new key: a ticket begins with the key's name.</summary>
    private async Task ExchangeAsync(SharedTicketKeys shared, TlsTicketKeys keys, NodeProcess a, NodeProcess b)
    {
        shared.Rotate();
        string name = string.Join(' ', keys.Export()[..16].Select(static part => $"{part:x2}"))
            .Remove(23, 1).Insert(23, "-");
        foreach (NodeProcess node in (NodeProcess[])[a, b])
        {
            await Eventually.IsTrueAsync(
                async () => (await AskAsync(a, node, "")).Contains($"0000 - {name}", StringComparison.Ordinal),
                () => $"a ticket of key {name}\n{node.Log}");
        }
    }

    private PeerMesh Mesh(int[] ports)
    {
        var directory = new SeedDirectory([.. ports[..2].Select(static port => new PeerTarget($"127.0.0.1:{port}"))]);
        return new PeerMesh(
            new PeerSettings
            {
                Identity = new PeerIdentity("proxy", "tester", 1),
                Listen = new IPEndPoint(IPAddress.Loopback, ports[2]),
                Tls = _files.For("tester"),
            },
            directory, TimeProvider.System, new SeededRandom(1), NullLogger.Instance);
    }

    private Task<NodeProcess> StartAsync(string name, int port, int[] all)
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        PeerTlsFiles peer = _files.For(name);
        return NodeProcess.StartAsync(new NodeSettings
        {
            Node = $"name = {name}, drain-grace = 0",
            Listener = "access-log { enabled = false }\ntls { certificates = [ { certificate = leaf.pem } ] }",
            Rules = $$"""
                {{NodeSettings.Pool("", _origin.Url)}}
                cluster { peers { bind = "127.0.0.1:{{port}}"
                  seeds = [ {{string.Join(", ", all.Select(static one => $"\"127.0.0.1:{one}\""))}} ]
                  certificate = "{{peer.Certificate}}", key = "{{peer.Key}}", ca-file = "{{peer.Authorities}}"
                  secret-file = secret
                } }
                """,
            Files = new Dictionary<string, string>
            {
                ["leaf.pem"] = leaf.CertificatePem + leaf.KeyPem, ["secret"] = Secret,
            },
        });
    }

    /// <summary>One request by openssl, which stays until the node closes: by then it has the tickets.</summary>
    private static async Task<string> AskAsync(NodeProcess home, NodeProcess node, string arguments) =>
        (await ChildProcess.RunAsync(
            "bash",
            [
                "-c",
                "printf 'GET / HTTP/1.1\\r\\nHost: shop.test\\r\\nConnection: close\\r\\n\\r\\n' "
                + $"| openssl s_client -tls1_3 -ign_eof -connect 127.0.0.1:{node.Port} -servername shop.test {arguments}",
            ],
            home.Folder)).Output;

    /// <summary>Certificates of nodes and the cluster's secret, as files.</summary>
    private sealed class PeerMeshFiles(TestCertificates authority) : IDisposable
    {
        private readonly TempFolder _folder = new();

        public string Secret => _folder.Write("secret", SharedTicketTests.Secret + "\n");

        public PeerTlsFiles For(string node)
        {
            TestCertificates.Leaf leaf = authority.Issue([node]);
            return new PeerTlsFiles(
                _folder.Write($"{node}.pem", leaf.CertificatePem), _folder.Write($"{node}.key", leaf.KeyPem),
                _folder.Write("ca.pem", authority.CaPem));
        }

        public void Dispose() => _folder.Dispose();
    }
}
