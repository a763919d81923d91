using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Peers;
using Proxy.Cluster.Peers.Mesh;
using Proxy.Edge.Replication;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Peers;

/// <summary>Real sockets on loopback.</summary>
public sealed class PeerMeshTests
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Three_nodes_remember_the_same(bool encrypted)
    {
        using var certificates = new PeerCertificates();
        await using MeshCluster cluster = await MeshCluster.StartAsync(3, encrypted ? certificates : null);
        PeerMesh[] nodes = cluster.Nodes;

        for (int i = 0; i < 3; i++)
        {
            for (ulong key = 0; key < 1_000; key++)
            {
                nodes[i].Entries.Write(KeyOf((uint)i, key), key + 1, Life, cluster.Now);
            }

            nodes[i].Counters.Add(new EntryKey(5, 5), 10, Life, cluster.Now);
            nodes[i].Blobs.Write($"b{i}", [1, 2, (byte)i], Life, cluster.Now);
            nodes[i].Counters.SetPeers(cluster.Names.Select(NodeTag.Of));
        }

        await Eventually.IsTrueAsync(
            () => nodes.All(node => node.Entries.Table.Count == 3_000
                && node.Counters.Sum(new EntryKey(5, 5), cluster.Now) == 30
                && Enumerable.Range(0, 3).All(i => node.Blobs.Read($"b{i}", cluster.Now) is [1, 2, var x] && x == i)),
            () => string.Join("; ", nodes.Select(n =>
                $"{n.Entries.Table.Count} {n.Counters.Sum(new EntryKey(5, 5), cluster.Now)}")));
        Assert.True(await nodes[0].PushTailAsync(Wire.Patience, TestContext.Current.CancellationToken));
        Assert.All(nodes, static node => Assert.Equal(2, node.Status().Count));
    }

    [Fact]
    public async Task Requests_are_answered_and_failures_are_values()
    {
        await using MeshCluster cluster = await MeshCluster.StartAsync(2, null);
        PeerMesh[] nodes = cluster.Nodes;
        nodes[1].Listen("double", static (message, _) =>
            ValueTask.FromResult<byte[]?>([(byte)(message.Content.Span[0] * 2)]));
        nodes[1].Listen("fails", static (_, _) => throw new InvalidOperationException("on purpose"));
        nodes[1].Listen("never", static async (_, stop) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
            return null;
        });

        PeerReply[] doubled = await Task.WhenAll(Enumerable.Range(1, 50).Select(i =>
            nodes[0].RequestAsync("node-1", "double", [(byte)i], Wire.Patience).AsTask()));
        PeerReply failed = await nodes[0].RequestAsync("node-1", "fails", [], Wire.Patience);
        PeerReply late = await nodes[0].RequestAsync("node-1", "never", [], TimeSpan.FromMilliseconds(50));
        PeerReply unknown = await nodes[0].RequestAsync("node-1", "unknown", [], Wire.Patience);
        PeerReply away = await nodes[0].RequestAsync("node-9", "double", [], Wire.Patience);

        Assert.Equal(Enumerable.Range(1, 50).Select(static i => i * 2), doubled.Select(static d => (int)d.Content![0]));
        Assert.All([failed, late, unknown, away], static reply => Assert.False(reply.IsAnswer));
    }

    [Fact]
    public async Task A_handler_hears_one_node_in_order()
    {
        await using MeshCluster cluster = await MeshCluster.StartAsync(2, null);
        List<int> heard = [];
        cluster.Nodes[1].Listen("count", (message, _) =>
        {
            heard.Add(BitConverter.ToInt32(message.Content.Span));
            return default;
        });

        for (int i = 0; i < 500; i++)
        {
            Assert.True(cluster.Nodes[0].Tell("node-1", "count", BitConverter.GetBytes(i)));
        }

        await cluster.Nodes[0].RequestAsync("node-1", "none", [], Wire.Patience);
        await Eventually.IsTrueAsync(() => heard.Count == 500, () => $"{heard.Count} heard");
        Assert.Equal(Enumerable.Range(0, 500), heard);
    }

    [Fact]
    public async Task A_node_that_ends_is_missed_at_once_and_found_again()
    {
        await using MeshCluster cluster = await MeshCluster.StartAsync(2, null);
        var observer = new Observer();
        cluster.Nodes[0].Observe(observer);
        await Eventually.IsTrueAsync(() => observer.Up.Contains("node-1"), () => "up");

        await cluster.Nodes[1].DisposeAsync();
        await Eventually.IsTrueAsync(() => observer.Down.Contains("node-1"), () => "down");
        await cluster.RestartAsync(1);

        await Eventually.IsTrueAsync(() => observer.Up.Count == 2, () => "up again");
    }

    [Fact]
    public async Task Who_has_no_certificate_of_the_authority_stays_outside()
    {
        using var ours = new PeerCertificates();
        using var theirs = new PeerCertificates();
        await using var inside = MeshCluster.Node("inside", new SeedDirectory([]), ours.For("inside"));
        inside.Start();
        var directory = new SeedDirectory([new PeerTarget(inside.ListeningOn!.ToString())]);
        await using var stranger = MeshCluster.Node("stranger", directory, theirs.For("stranger"));
        await using var plain = MeshCluster.Node("plain", directory, null);
        await using var imposter = MeshCluster.Node("imposter", directory, ours.For("friend"));
        await using var friend = MeshCluster.Node("friend", directory, ours.For("friend"));
        stranger.Start();
        plain.Start();
        imposter.Start();
        friend.Start();

        // Whoever starts first has been turned away once the last one is in.
        await Eventually.IsTrueAsync(() => inside.Peers.Count > 0, () => "the friend");

        Assert.Equal(["friend"], inside.Peers);
        Assert.All([stranger, plain, imposter], static outside => Assert.Empty(outside.Peers));
    }

    private static EntryKey KeyOf(uint node, ulong key) =>
        new((key + ((ulong)node << 32)) * 0x9E3779B97F4A7C15UL, key);

    private sealed class Observer : IPeerObserver
    {
        public List<string> Up { get; } = [];

        public List<string> Down { get; } = [];

        public void PeerUp(string node, long incarnation) => Up.Add(node);

        public void PeerDown(string node, long incarnation, bool broken) => Down.Add(node);
    }
}

/// <summary>Some nodes of one process that know each other's addresses.</summary>
internal sealed class MeshCluster : IAsyncDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly PeerCertificates? _certificates;

    private MeshCluster(int count, PeerCertificates? certificates)
    {
        _certificates = certificates;
        Names = [.. Enumerable.Range(0, count).Select(static i => $"node-{i}")];
        Nodes = new PeerMesh[count];
    }

    public string[] Names { get; }

    public PeerMesh[] Nodes { get; }

    public long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    public static async Task<MeshCluster> StartAsync(int count, PeerCertificates? certificates)
    {
        var cluster = new MeshCluster(count, certificates);
        for (int i = 0; i < count; i++)
        {
            cluster.Start(i, 1);
        }

        await cluster.IsCompleteAsync();
        return cluster;
    }

    public static PeerMesh Node(string name, IPeerDirectory directory, PeerTlsFiles? tls, long incarnation = 1) => new(
        new PeerSettings
        {
            Identity = new PeerIdentity("test", name, incarnation),
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Tls = tls,
            // These tests are about what arrives, on machines that may be busy with other tests.
            Mesh = new MeshOptions { DeadAfter = TimeSpan.FromSeconds(30) },
            JournalEntries = 1 << 16,
        },
        directory, TimeProvider.System, new SeededRandom(name.Length), NullLogger.Instance);

    public async Task RestartAsync(int index)
    {
        await Nodes[index].DisposeAsync();
        Start(index, 2);
        await IsCompleteAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (PeerMesh node in Nodes)
        {
            await node.DisposeAsync();
        }
    }

    private void Start(int index, long incarnation)
    {
        Nodes[index] = Node(Names[index], _directory, _certificates?.For(Names[index]), incarnation);
        Assert.Null(Nodes[index].Start());
        _directory.Set(Names[index], Nodes[index].ListeningOn!);
    }

    private Task IsCompleteAsync() => Eventually.IsTrueAsync(
        () => Nodes.All(node => node.Peers.Count == Nodes.Length - 1),
        () => string.Join("; ", Nodes.Select(static node => string.Join(',', node.Peers))));
}

/// <summary>A directory that learns addresses when nodes have them.</summary>
internal sealed class TestDirectory : IPeerDirectory
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PeerTarget> _targets = [];
    private Action _changed = static () => { };

    public IReadOnlyList<PeerTarget> Targets
    {
        get
        {
            lock (_lock)
            {
                return [.. _targets.Values];
            }
        }
    }

    public void Set(string node, IPEndPoint address)
    {
        lock (_lock)
        {
            _targets[node] = new PeerTarget(address.ToString(), node);
        }

        _changed();
    }

    public IDisposable OnChange(Action changed)
    {
        _changed += changed;
        return new Ending(() => _changed = (_changed - changed) ?? (static () => { }));
    }

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}

/// <summary>An authority of a cluster and what it issues, as files.</summary>
internal sealed class PeerCertificates : IDisposable
{
    private readonly TestCertificates _authority = new("Cluster Authority");
    private readonly TempFolder _folder = new();

    public PeerTlsFiles For(string node)
    {
        TestCertificates.Leaf leaf = _authority.Issue([node]);
        return new PeerTlsFiles(
            _folder.Write($"{node}.pem", leaf.CertificatePem), _folder.Write($"{node}.key", leaf.KeyPem),
            _folder.Write("ca.pem", _authority.CaPem));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }
}
