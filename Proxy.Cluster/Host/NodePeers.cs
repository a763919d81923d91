using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Config;
using Proxy.Actors.Planning;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Acme;
using Proxy.Cluster.Peers;
using Proxy.Cluster.Peers.Mesh;
using Proxy.Cluster.Peers.Shared;
using Proxy.Cluster.Shares;
using Proxy.Edge.Limits;
using Proxy.Edge.Replication;
using Proxy.Edge.Tls;
using Proxy.Edge.Topology;

namespace Proxy.Cluster.Host;

/// <summary>This node's connections to the others, and what goes over them: remembered sessions, counters, ticket
/// keys. A node alone has the same tables and no connections. Nothing here keeps the node from serving.</summary>
internal sealed class NodePeers : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan MeetingTime = TimeSpan.FromSeconds(15);

    private const int AloneJournalEntries = 1024;

    private readonly PeersConfig _config;
    private readonly bool _wanted;
    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly MemberDirectory _directory;
    private readonly SharedTicketKeys? _tickets;
    private readonly TlsTicketKeys _ticketKeys;
    private readonly SharedAcme? _acme;
    private readonly long _began;
    private readonly LiveTables _tables;
    private readonly CancellationTokenSource _stop = new();
    private readonly PeerWatch _watch;
    private ClusterNode? _cluster;
    private ShareService? _shares;
    private IDisposable? _watching;
    private Task _running = Task.CompletedTask;
    private bool _listening;
    private int _ended;

    /// <param name="file">The configuration's.</param>
    /// <param name="rotation">How often ticket keys are exchanged.</param>
    /// <param name="entryKey">That of the process before this one; empty = there is none.</param>
    public NodePeers(
        ProxyConfig config, string file, string name, TlsTicketKeys ticketKeys, Func<TimeSpan> rotation,
        TimeProvider time, ILogger logger, ReadOnlySpan<byte> entryKey)
    {
        (_config, _name, _ticketKeys, _time, _logger) = (config.Cluster.Peers, name, ticketKeys, time, logger);
        _watch = new PeerWatch(name);
        _wanted = _config.AreWanted(config.Cluster.Engine);
        _began = time.GetTimestamp();
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!; // A file always is in one.
        ClusterSecret? secret = ReadSecret(folder);
        _directory = new MemberDirectory(_config.Seeds);
        string cluster = config.Cluster.Id.Length > 0
            ? $"{config.Cluster.Name}/{config.Cluster.Id}"
            : config.Cluster.Name;
        Mesh = new PeerMesh(
            new PeerSettings
            {
                Identity = new PeerIdentity(cluster, name, NewIncarnation(time)),
                Listen = new IPEndPoint(_config.Bind.Ip ?? IPAddress.Any, _config.Bind.Port),
                Tls = TlsFiles(folder),
                Mesh = new MeshOptions { MaxClockDrift = _config.MaxClockDrift },
                AffinityEntries = config.Node.MaxSessions,
                JournalEntries = _wanted ? PeerSettings.DefaultJournalEntries : AloneJournalEntries,
            },
            _directory, time, SeededRandom.FromEntropy(), logger);
        if (secret is not null)
        {
            _tickets = new SharedTicketKeys(
                Mesh.Blobs, new BlobSeal(secret), ticketKeys, rotation, WallNow,
                problem => PeerLog.Trouble(logger, problem));
            _tickets.Start();
            _acme = new SharedAcme(Mesh.Blobs, new BlobSeal(secret), time, IsOrderer);
        }

        EntryKey = _wanted ? (secret ?? ClusterSecret.OfName(cluster)).Derive("entries", EntryHash.KeyBytes)
            : entryKey.Length == EntryHash.KeyBytes ? entryKey.ToArray()
            : RandomNumberGenerator.GetBytes(EntryHash.KeyBytes);
        _tables = new LiveTables(new EntryHash(EntryKey), new LimitShares(new NoLimitDesk()), Mesh.Entries);
    }

    public PeerMesh Mesh { get; }

    /// <summary>Key of the hashes that sessions are remembered under. Secret.</summary>
    public byte[] EntryKey { get; }

    /// <summary>Limits that hold for all nodes together.</summary>
    public ShareService Shares => _shares ?? throw new InvalidOperationException("nothing is shared before Share");

    /// <summary>Has limits hold for all nodes; answers what this node remembers of clients.</summary>
    /// <param name="slots">Told when this node may take more slots of a member.</param>
    public LiveTables Share(IActorSystem actors, ISlotQueue slots)
    {
        var link = new PeerShares(Mesh);
        _shares = new ShareService(actors, _name, link, slots);
        link.Connect(_shares);
        return _tables with { Limits = _shares.Limits };
    }

    /// <summary>What ordering certificates has to do with the other nodes.</summary>
    public IAcmeCluster Acme(ChallengeDesk desk)
    {
        _acme?.Start(desk);
        return _acme is null ? new AcmeAlone() : _acme;
    }

    /// <summary>Once the node serves and knows its cluster, if it has one.</summary>
    public void Start(ClusterNode? cluster)
    {
        if (!_wanted)
        {
            return;
        }

        _cluster = cluster;
        _watching = cluster?.Board.Subscribe(_directory.Take);
        _running = RunAsync(_stop.Token);
    }

    /// <summary>Exchanges ticket keys: the cluster's where they are shared.</summary>
    public void RotateTickets()
    {
        if (_tickets is { } shared)
        {
            shared.Rotate();
        }
        else
        {
            _ticketKeys.Rotate();
        }
    }

    /// <summary>Pushes what was written last, when the node leaves.</summary>
    public async ValueTask PushTailAsync(CancellationToken cancellation)
    {
        if (_listening && !await Mesh.PushTailAsync(TimeSpan.FromSeconds(2), cancellation))
        {
            PeerLog.Trouble(_logger, "a peer was too slow to take what was written last");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 1)
        {
            return;
        }

        _watching?.Dispose();
        await _stop.CancelAsync();
        await _running;
        await Mesh.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>By the clock, so that it grows over restarts, and random below, so that two nodes with one name differ.
    /// </summary>
    private static long NewIncarnation(TimeProvider time) =>
        (time.GetUtcNow().ToUnixTimeMilliseconds() << 12) + RandomNumberGenerator.GetInt32(1 << 12);

    private ClusterSecret? ReadSecret(string folder)
    {
        if (_config.SecretFile.Length == 0)
        {
            return null;
        }

        try
        {
            return ClusterSecret.Read(Path.Combine(folder, _config.SecretFile));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            PeerLog.Trouble(_logger, $"cluster.peers.secret-file: {error.Message}; this node shares no secrets");
            return null;
        }
    }

    private PeerTlsFiles? TlsFiles(string folder) => _config.Certificate.Length == 0 ? null : new PeerTlsFiles(
        Path.Combine(folder, _config.Certificate), Path.Combine(folder, _config.Key),
        Path.Combine(folder, _config.CaFile));

    private long WallNow() => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(LookEvery, _time);
        string told = "";
        try
        {
            do
            {
                if (!_listening && !TryListen(ref told))
                {
                    continue;
                }

                Look();
            }
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException)
        {
            // The node ends.
        }
    }

    /// <summary>Tried again until it works: the port may be with the process that this one replaces.</summary>
    private bool TryListen(ref string told)
    {
        string? problem = Mesh.Start();
        _listening = problem is null;
        if (problem is not null && told != problem)
        {
            told = problem;
            PeerLog.Trouble(_logger, $"cannot listen on {_config.Bind}: {problem}; tried again every second");
        }

        return _listening;
    }

    /// <summary>Certificates are ordered by one node. Who is cut off orders for itself, but not before the others had
    /// time to connect.</summary>
    private bool IsOrderer()
    {
        IReadOnlyList<string> connected = Mesh.Peers;
        return connected.Count > 0
            ? _watch.IsFirst(connected)
            : !_wanted || _time.GetElapsedTime(_began) >= MeetingTime;
    }

    private void Look()
    {
        PeerLook look = _watch.Look(Mesh.Peers, _directory.Names);
        Mesh.Counters.SetPeers(look.Nodes.Select(NodeTag.Of));
        _shares?.SetNodes(look.Nodes);
        if (look.OffersTickets)
        {
            _tickets?.Offer();
        }

        if (look.Silent is { } silent)
        {
            _cluster?.PeersSilent(silent);
        }
    }
}
