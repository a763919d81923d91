using Microsoft.Extensions.Logging;
using Proxy.Actors.Config;
using Proxy.Actors.Publishing;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Journal;
using Proxy.Cluster.Membership;
using Proxy.Cluster.Shutdown;
using Proxy.Cluster.Vrrp.Node;
using Proxy.Edge.Node;

namespace Proxy.Cluster.Host;

/// <summary>This node's life in the cluster, in the order of the members here: what is prepared before anything runs,
/// how it joins, what a new configuration changes, how it makes way for its next process, and the end. The engine is
/// opened by whoever needs it first. Nothing on the data path waits for any of it.</summary>
internal sealed class ClusterLife : IAsyncDisposable
{
    private readonly ClusterParts _parts;
    private readonly LateEngine _engine;
    private readonly NodeHome _home;
    private readonly IJournal _journal;
    private readonly bool _engineIsOurs;
    private readonly VipService _vips;
    private bool _hasDuties;
    private LoadMeter? _load;

    /// <param name="config">That of the start; the engine of a running node does not change.</param>
    /// <param name="hasDuties">No other process of this node has what only one can have: the embedded engine's file,
    /// the place in the cluster, the virtual addresses.</param>
    public ClusterLife(ProxyConfig config, ClusterParts parts, bool hasDuties)
    {
        (_parts, _hasDuties) = (parts, hasDuties);
        _engineIsOurs = config.Cluster.Engine == ClusterEngine.Embedded;
        _engine = new LateEngine(() => OpenEngine(config), parts.Time);
        _home = ClusterNode.OpenHome(config);
        (AdmittedEngine, _journal) = ForRevisions(config);
        _vips = NewVips(config);
        parts.Status.VipService = _vips;
        parts.Departure.Add(new VipDuty(_vips));
        parts.Actors.Shutdown.AddTask(ShutdownPhase.ServiceStop, "vip-guard", _ => _vips.StopAsync());
    }

    /// <summary>Of the revisions: one that refuses while the cluster refuses this node.</summary>
    public IClusterEngine AdmittedEngine { get; }

    /// <summary>Of the revisions.</summary>
    public IJournal Journal => _journal;

    /// <summary>Null before <see cref="Join"/>.</summary>
    public ClusterNode? Node { get; private set; }

    /// <summary>Names of the members that run what is configured; this one alone as long as none are known.</summary>
    public IReadOnlyList<string> Serving => Node is { Serving: { Count: > 0 } all } ? all : [_parts.Name];

    /// <summary>After the first revision, so that a node serves before it joins: membership and singletons, then what
    /// they are told (load, health), then the peers. An orderly end goes the other way.</summary>
    /// <param name="running">What the node serves.</param>
    public void Join(ProxyConfig config, ProxyConfig running)
    {
        CoordinatedShutdown end = _parts.Actors.Shutdown;
        ClusterNode node = Node = ClusterNode.Start(
            config, _home, _engine, _parts.Name, _parts.Actors, _parts.Time, _parts.Logger);
        _load = new LoadMeter(_parts.Status.Telemetry, _parts.Time, node.LoadChanged);
        _parts.Status.ClusterBoard = node.Board;
        node.Supervise(_parts.Peers.Mesh, _parts.Pools);
        node.Adopt(running);
        _parts.Departure.Add(node);
        end.AddTask(
            ShutdownPhase.ClusterLeave, "membership", cancellation => new ValueTask(node.LeaveAsync(cancellation)));
        _parts.Peers.Start(node);
        end.AddTask(ShutdownPhase.BeforeClusterShutdown, "peers", _parts.Peers.PushTailAsync);
    }

    /// <summary>The process before this one has given way: what only one can have is ours.</summary>
    public void TakeDuties(ProxyConfig running)
    {
        _hasDuties = true;
        _vips.Adopt(running);
    }

    /// <summary>A new configuration is live.</summary>
    public void Adopt(ProxyConfig config)
    {
        Node?.Adopt(config);
        if (_hasDuties)
        {
            _vips.Adopt(config);
        }
    }

    /// <summary>What only one process of the node can have goes to the next one.</summary>
    public async Task LeaveDutiesAsync()
    {
        _hasDuties = false;
        await _vips.StayAsync();
        if (Node is { } node)
        {
            using var limit = new CancellationTokenSource(NodeDeparture.DutyLimit, _parts.Time);
            await node.LeaveAsync(limit.Token);
        }

        await _parts.Peers.PushTailAsync(CancellationToken.None);
        await _parts.Peers.DisposeAsync();
    }

    /// <summary>Last before giving way: the next process cannot open the embedded engine's file while this one has it;
    /// any other this one needs to leave the cluster.</summary>
    public Task LeaveFilesAsync() => _engineIsOurs ? CloseAsync() : Task.CompletedTask;

    /// <summary>After the actors have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        _load?.Dispose();
        Node?.Dispose();
        await _parts.Peers.DisposeAsync();
        await CloseAsync();
    }

    private async Task CloseAsync()
    {
        await _journal.DisposeAsync();
        await _engine.DisposeAsync();
    }

    /// <summary>The embedded engine's file belongs to one process at a time.</summary>
    private EngineResult<IClusterEngine> OpenEngine(ProxyConfig config) => _hasDuties || !_engineIsOurs
        ? EngineChoice.Open(config, Path.GetDirectoryName(Path.GetFullPath(_parts.File))!, _parts.Time) // It is in one.
        : EngineChoice.WithTheOneBefore;

    private (IClusterEngine Engine, IJournal Journal) ForRevisions(ProxyConfig config)
    {
        if (_engineIsOurs)
        {
            return (_engine, JournalChoice.Of(config, _engine, () => _hasDuties, _parts.Time));
        }

        var admission = new ClusterAdmission(
            _engine, new ClusterKeys(config.Cluster.Name), ClusterNode.IdOf(config.Cluster, _home), () =>
                Node?.Refusal);
        var engine = new AdmittedEngine(_engine, admission);
        return (engine, JournalChoice.Of(config, engine, () => _hasDuties, _parts.Time, admission.ObstacleAsync));
    }

    private VipService NewVips(ProxyConfig config) => new(
        _parts.Actors,
        new VipServices(
            _parts.Logger, _parts.Time,
            new VipNode(
                _parts.Edge, _parts.Status,
                () => _parts.Departure.Phase is NodePhase.Draining or NodePhase.Leaving,
                () => Node is not { Board.View.Standing: ClusterStanding.Stale } node || ClusterMajority.Includes(
                    node.Serving, _parts.Peers.Mesh?.Peers ?? []),
                () => !_engineIsOurs && Node is { } all ? all.Serving : []),
            new VipBoard(), _parts.Name,
            config.Cluster.Peers.AreWanted(config.Cluster.Engine) ? _parts.Peers.Mesh : null, _parts.File,
            Path.Combine(Path.GetFullPath(config.Node.StateDir), "vip-nodes")));
}

/// <summary>What the cluster is made with.</summary>
/// <param name="File">The configuration's.</param>
/// <param name="Name">This node's.</param>
/// <param name="Peers">End with the life in the cluster.</param>
internal sealed record ClusterParts(
    string File,
    string Name,
    NodePeers Peers,
    ActorSystem Actors,
    PoolDirectory Pools,
    EdgeNode Edge,
    NodeStatus Status,
    NodeDeparture Departure,
    TimeProvider Time,
    ILogger Logger);
