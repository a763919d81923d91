using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Config;
using Proxy.Actors.Hocon;
using Proxy.Actors.Planning;
using Proxy.Actors.Publishing;
using Proxy.Actors.Runtime;
using Proxy.Actors.Supervision;
using Proxy.Cluster.Acme;
using Proxy.Cluster.Certificates;
using Proxy.Cluster.Management;
using Proxy.Cluster.Probing;
using Proxy.Cluster.Restart;
using Proxy.Cluster.Revisions.Editing;
using Proxy.Cluster.Shutdown;
using Proxy.Edge.Node;
using Proxy.Edge.Relay;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Tls;

namespace Proxy.Cluster.Host;

/// <summary>A node: composition root and life cycle. What it is made of, in the order of starting: log, telemetry,
/// loops, actors, first revision, cluster (<see cref="ClusterLife"/>), management. It stops in the opposite order,
/// after draining.</summary>
internal sealed class NodeHost : IAsyncDisposable
{
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(30);

    private readonly string _file;
    private readonly ILogger _logger;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly AccessLogWriter _accessLogs;
    private readonly EdgeNode _edge;
    private readonly EdgePort _port;
    private readonly ActorSystem _actors;
    private readonly ActorTree _tree;
    private readonly TlsTicketKeys _ticketKeys = new();
    private readonly OcspStaples _staples;
    private readonly FileTlsContexts _tls;
    private readonly CertificateWatch _certificates;
    private readonly AcmeService _acme;
    private readonly NodePeers _peers;
    private readonly LiveRegistry _live;
    private readonly NodeStatus _status;
    private readonly NodeRevisions _revisions;
    private readonly NodeDeparture _departure;
    private readonly ClusterLife _cluster;
    private readonly HotRestart _restart;
    private readonly Takeover? _before;
    private readonly SemaphoreSlim _reloading = new(1, 1);
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private PlannedRevision _running = PlannedRevision.None;
    private ManagementServer? _management;

    /// <param name="before">What the process before this one gave; null = this is an ordinary start.</param>
    private NodeHost(string file, SharedBlocks blocks, ProxyConfig config, ILogger logger, Takeover? before)
    {
        NodeConfig node = config.Node;
        (_file, _logger, _before) = (file, logger, before);
        int loops = node.Workers > 0 ? node.Workers : Environment.ProcessorCount;
        string name = node.Name.Length > 0 ? node.Name : Environment.MachineName;
        NodeLog.Starting(logger, ProductVersion.Text, name, loops, Environment.ProcessId);

        var events = new NodeEvents(logger, _time);
        var telemetry = new EdgeTelemetry(loops);
        _accessLogs = new AccessLogWriter(telemetry, new AccessLogWriterOptions
        {
            Report = problem => NodeLog.AccessLogTrouble(logger, problem),
        });
        var actorPort = new ActorPort();
        var challenges = new ChallengeDesk(new HttpChallenges(), new TlsChallenges());
        var certificates = new AcmeCertificates(_time);
        var ledger = new AcmeLedger();
        ReadOnlyMemory<byte> sessions =
            before?.State.GetValueOrDefault(SessionState.StateName) ?? ReadOnlyMemory<byte>.Empty;
        _peers = new NodePeers(
            config, file, name, _ticketKeys, RotationTime, _time, logger, SessionState.KeyOf(sessions.Span));
        _acme = new AcmeService(
            new AcmeServices(
                logger, _time, challenges, certificates, ledger, () => _ = LookAfterCertificatesAsync())
            { Cluster = _peers.Acme(challenges) });
        _staples = new OcspStaples(_time, (name, problem) => NodeLog.StaplingFailed(logger, name, problem));
        _tls = new FileTlsContexts(_ticketKeys, challenges.Tls, certificates, _staples);
        _edge = new EdgeNode(new EdgeNodeOptions
        {
            Loops = loops,
            NodeName = name,
            Telemetry = telemetry,
            AccessLogs = _accessLogs,
            Observations = actorPort,
            Slots = actorPort,
            Challenges = challenges.Http,
            Events = events,
            BufferBytes = node.MaxBufferMemory > 0 ? node.MaxBufferMemory : DefaultBufferBytes(),
            Inherited = new InheritedListeners(before?.Sockets.Where(static socket => socket.Loop >= 0) ?? []),
            InstanceId = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)),
        });
        _port = new EdgePort(_edge);
        _actors = new ActorSystem(new PoolDispatcher(), events);
        _certificates = new CertificateWatch(
            _time, LookAfterCertificatesAsync, _staples.RefreshAsync,
            new TicketRotation(RotationTime, () => _peers.RotateTickets()));
        var prober = new HttpProber(_time, _tls.OriginRulesOf);
        _tree = NodeSupervisor.Start(_actors, _port, prober, new DnsResolver(_time), events);
        actorPort.Connect(_tree);
        _live = new LiveRegistry(loops, _tls, _peers.Share(_actors, actorPort));
        _status = new NodeStatus(_edge, telemetry, events, ledger, name, _time.GetUtcNow()) { Mesh = _peers.Mesh };
        _departure = new NodeDeparture(
            _actors.Shutdown, new DepartingNode(_edge, _status, () => _running.Config.Node, logger), _time);
        _cluster = new ClusterLife(
            config,
            new ClusterParts(file, name, _peers, _actors, _tree.Pools, _edge, _status, _departure, _time, logger),
            hasDuties: before is null);
        var revisions = new NodeRevisionOptions(
            name, config.Cluster.Name, Path.GetFullPath(node.StateDir), () => _cluster.Serving,
            IsAlone: config.Cluster.Engine == ClusterEngine.Embedded);
        _revisions = new NodeRevisions(
            file, blocks, revisions, _cluster.AdmittedEngine, _cluster.Journal, _actors, logger, _time, ApplyAsync);
        _restart = PrepareRestart();
        Inherit();
    }

    /// <summary>Runs the node until a signal ends it. Returns the process's exit code: 0 after an orderly end, 1
    /// when it could not start, 2 when the configuration is wrong.</summary>
    public static async Task<int> RunAsync(string file, bool takeOver, ILogger logger, TextWriter errors)
    {
        ConfigLoading loading = ConfigLoader.Load(file);
        if (loading.Config is not { } config || HoconDocument.ParseFile(file).Root is not { } document)
        {
            foreach (ConfigProblem problem in loading.Errors)
            {
                await errors.WriteLineAsync(problem.ToString());
            }

            return 2;
        }

        IReadOnlyList<string> misnamed = DatabaseInspection.Look(config.Cluster);
        if (misnamed.Count > 0)
        {
            foreach (string problem in misnamed)
            {
                await errors.WriteLineAsync($"{file}: {problem}");
            }

            return 2;
        }

        TakeoverAnswer before = takeOver
            ? Takeover.Ask(HotRestart.Place(config.Node.StateDir), HotRestart.Patience)
            : new TakeoverAnswer(null, null);
        if (before.Refusal is { } refusal)
        {
            NodeLog.TakeoverRefused(logger, refusal);
            return 1;
        }

        using Takeover? taken = before.Taken;
        await using var host = new NodeHost(file, SharedBlocks.Split(document), config, logger, taken);
        using var signals = new NodeSignals(host.Reload, host._accessLogs.Reopen, host._departure);
        if (!await host.StartAsync(config))
        {
            return 1;
        }

        await host._departure.Completion;
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        await StopManagementAsync();
        await _restart.DisposeAsync();
        await _certificates.DisposeAsync();
        _staples.Dispose();
        await _acme.DisposeAsync();
        await _actors.DisposeAsync();
        _revisions.Dispose();
        await _cluster.DisposeAsync();
        await _edge.DisposeAsync();
        await _accessLogs.DisposeAsync();
        _reloading.Dispose();
        NodeLog.Stopped(_logger);
    }

    private TimeSpan RotationTime() => _running.Config.Node.TicketRotation;

    private static long DefaultBufferBytes() =>
        Math.Max(64L << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    private async Task<bool> StartAsync(ProxyConfig config)
    {
        _accessLogs.Start();
        _edge.Start();
        if (!await _revisions.StartAsync())
        {
            return false;
        }

        if (_before is not null)
        {
            if (!await TakeOverAsync(_before, config))
            {
                return false;
            }
        }
        else
        {
            _cluster.Join(config, _running.Config);
            if (!await StartManagementAsync(config.Management))
            {
                return false;
            }

            _certificates.Start();
            await _departure.StartedAsync();
        }

        _restart.Open(HotRestart.Place(config.Node.StateDir));
        ServiceNotice.Serving();
        return true;
    }

    /// <summary>The process before this one serves until this one does, and has the place in the cluster and the
    /// virtual addresses until it gives way. Once it has, nothing keeps this one from serving any more.</summary>
    private async Task<bool> TakeOverAsync(Takeover before, ProxyConfig config)
    {
        if (config.Management.Enabled && InheritedManagement(config.Management) is null
            && ManagementServer.Obstacle(config.Management.Bind) is { } obstacle)
        {
            NodeLog.ListenerFailed(_logger, "management", obstacle);
            return false;
        }

        foreach (EdgeProblem problem in await _edge.BeginAcceptingAsync())
        {
            NodeLog.ListenerFailed(_logger, problem.Listener, problem.Message);
        }

        await _departure.StartedAsync();
        NodeLog.Handover(_logger, before.Serving(HotRestart.Patience)
            ? "this process has taken over"
            : "this process serves; the one before it does not answer");
        Inherit();
        _cluster.TakeDuties(_running.Config);
        _cluster.Join(config, _running.Config);
        await StartManagementAsync(config.Management);
        _certificates.Start();
        return true;
    }

    private int? InheritedManagement(ManagementConfig config) => _before?.Sockets.FirstOrDefault(
        socket => socket.Loop < 0 && socket.Bind == config.Bind.ToString())?.Descriptor;

    private IEnumerable<IManagementEndpoints> Endpoints(bool readOnly)
    {
        var guard = new ChangeGuard(readOnly);
        yield return new NodeEndpoints(_status, _departure, guard);
        yield return new VipEndpoints(_status, guard);
        yield return new PeerEndpoints(_status);
        yield return new RevisionEndpoints(_revisions.Store, guard);
        if (_cluster.Node is { } node)
        {
            yield return new ClusterEndpoints(node, guard, readOnly, _time);
        }
    }

    private ManagementTls TlsOf(ManagementTlsConfig tls)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(_file))!; // A file always is in one.
        return new ManagementTls(
            Path.Combine(folder, tls.Certificate),
            Path.Combine(folder, tls.Key),
            tls.ClientCaFile.Length > 0 ? Path.Combine(folder, tls.ClientCaFile) : "");
    }

    private async Task<bool> StartManagementAsync(ManagementConfig config)
    {
        if (!config.Enabled)
        {
            return true;
        }

        try
        {
            _management = await ManagementServer.StartAsync(
                new ManagementOptions
                {
                    Bind = config.Bind,
                    Token = config.Token,
                    Tls = config.Tls is { } tls ? TlsOf(tls) : null,
                    Inherited = InheritedManagement(config),
                    More = [.. Endpoints(config.ReadOnly)],
                },
                _status);
            NodeLog.ManagementListening(_logger, _management.Bound.ToString());
            return true;
        }
        catch (IOException error)
        {
            NodeLog.ListenerFailed(_logger, "management", error.Message);
            return false;
        }
    }

    private Task StopManagementAsync() =>
        Interlocked.Exchange(ref _management, null)?.DisposeAsync().AsTask() ?? Task.CompletedTask;

    /// <summary>Everything that listens, for the next process. The loop of management is -1.</summary>
    private async Task<IReadOnlyList<SharedListener>> ShareSocketsAsync()
    {
        IReadOnlyList<SharedListener> edge = await _edge.ShareListenersAsync();
        return _management is { } management && management.Share() is >= 0 and int descriptor
            ? [.. edge, new SharedListener("", _running.Config.Management.Bind.ToString(), -1, descriptor)]
            : edge;
    }

    private HotRestart PrepareRestart()
    {
        var restart = new HotRestart(
            _departure,
            [new TicketKeyState(_ticketKeys), new SessionState(_peers.Mesh.Entries, _peers.EntryKey, _time)],
            ShareSocketsAsync, what => NodeLog.Handover(_logger, what), _time);
        restart.BeforeGivingWay(StopManagementAsync);
        restart.BeforeGivingWay(() => _acme.DisposeAsync().AsTask());
        restart.BeforeGivingWay(_cluster.LeaveDutiesAsync);
        restart.BeforeGivingWay(_cluster.LeaveFilesAsync);
        return restart;
    }

    private void Inherit()
    {
        foreach (IHandoverState state in _restart.State)
        {
            if (_before is not null && _before.State.TryGetValue(state.Name, out ReadOnlyMemory<byte> bytes)
                && !state.TryImport(bytes.Span))
            {
                NodeLog.Handover(_logger, $"{state.Name} of the process before this one is not understood");
            }
        }
    }

    /// <summary>Reads the file again. An invalid file changes nothing.</summary>
    private void Reload() => _ = _revisions.RereadAsync();

    /// <summary>Null after success; otherwise why not, and what ran before goes on.</summary>
    private async Task<string?> ApplyAsync(RevisedConfig revised)
    {
        await _reloading.WaitAsync();
        try
        {
            return await ApplyAsync(revised, revised.Loading.Config!); // Who calls has seen to it.
        }
        finally
        {
            _reloading.Release();
        }
    }

    private async Task<string?> ApplyAsync(RevisedConfig revised, ProxyConfig config)
    {
        foreach (ConfigProblem warning in revised.Loading.Warnings)
        {
            NodeLog.ConfigWarning(_logger, warning.ToString());
        }

        IReadOnlyList<string> problems = _acme.Prepare(config, _file);
        foreach (string problem in problems)
        {
            NodeLog.ReloadRefused(_logger, problem);
        }

        if (problems.Count > 0)
        {
            return problems[0];
        }

        if (PrepareTls(config) is [var first, ..])
        {
            return first;
        }

        PlannedRevision planned = SnapshotPlanner.Plan(config, _live, _running, revised.Number);
        PublishAnswer answer = await _tree.Publisher.Ask<PublishAnswer, PlannedRevision>(
            static (reply, revision) => new PublisherMessage.Publish(revision, reply), planned, PublishTimeout);
        foreach (string warning in answer.Warnings)
        {
            NodeLog.ConfigWarning(_logger, warning);
        }

        foreach (EdgeProblem problem in _port.Problems)
        {
            NodeLog.ListenerFailed(_logger, problem.Listener, problem.Message);
        }

        if (answer.Problem is { } failure)
        {
            NodeLog.ReloadRefused(_logger, failure);
            return failure;
        }

        if (ReferenceEquals(_running, PlannedRevision.None) && _port.Problems is [var unbound, ..])
        {
            return $"{unbound.Listener}: {unbound.Message}";
        }

        LogChange(planned);
        _live.Retain(planned.Snapshot);
        _peers.Shares.Adopt(planned.Snapshot);
        _running = planned;
        _cluster.Adopt(config);
        await _acme.AdoptAsync(config);
        _status.Set(planned, HoconJson.Write(revised.Document, indented: true));
        return null;
    }

    /// <summary>The files may have been renewed since they were read. What is wrong with them is said once, not at
    /// every look; what runs stays.</summary>
    private async Task LookAfterCertificatesAsync()
    {
        await _reloading.WaitAsync();
        try
        {
            TlsFindings findings = _tls.Prepare(_running.Config, _file, _time.GetUtcNow());
            Tell(findings);
            await _acme.LookAsync(_running.Config);
            if (findings.OriginsChanged)
            {
                PlannedRevision planned = SnapshotPlanner.Plan(
                    _running.Config, _live, _running, _running.Snapshot.Revision);
                await _tree.Publisher.Ask<PublishAnswer, PlannedRevision>(
                    static (reply, revision) => new PublisherMessage.Publish(revision, reply), planned, PublishTimeout);
                _running = planned;
            }
        }
        catch (Exception error)
        {
            NodeLog.ReloadRefused(_logger, error.Message);
        }
        finally
        {
            _reloading.Release();
        }
    }

    private List<string> PrepareTls(ProxyConfig config)
    {
        _told.Clear();
        TlsFindings findings = _tls.Prepare(config, _file, _time.GetUtcNow());
        Tell(findings);
        return findings.Errors;
    }

    private void Tell(TlsFindings findings)
    {
        foreach (string warning in findings.Warnings.Where(_told.Add))
        {
            NodeLog.ConfigWarning(_logger, warning);
        }

        foreach (string error in findings.Errors.Where(_told.Add))
        {
            NodeLog.ReloadRefused(_logger, error);
        }

        foreach (string listener in findings.Exchanged)
        {
            NodeLog.CertificatesExchanged(_logger, listener);
        }
    }

    private void LogChange(PlannedRevision planned)
    {
        if (ReferenceEquals(_running, PlannedRevision.None))
        {
            foreach (BoundListener listener in _edge.Listeners)
            {
                NodeLog.Listening(_logger, listener.Name, listener.Address.ToString());
            }
        }
        else
        {
            foreach (string change in ConfigDiff.Between(_running.Config, planned.Config))
            {
                NodeLog.ConfigChange(_logger, change);
            }
        }

        NodeLog.RevisionLive(
            _logger,
            planned.Snapshot.Revision,
            $"{planned.Snapshot.Listeners.Count} listeners, {planned.Snapshot.Routes.Count} routes, "
            + $"{planned.Snapshot.Pools.Count} pools");
    }
}
