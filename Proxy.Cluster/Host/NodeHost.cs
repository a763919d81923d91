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
using Proxy.Cluster.Shutdown;
using Proxy.Cluster.Vrrp.Node;
using Proxy.Edge.Node;
using Proxy.Edge.Relay;
using Proxy.Edge.Replication;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Tls;

namespace Proxy.Cluster.Host;

/// <summary>A node: composition root and life cycle. What it is made of, in the order of starting: log, telemetry,
/// loops, actors, first revision, management. It stops in the opposite order, after draining.</summary>
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
    private readonly LiveRegistry _live;
    private readonly NodeStatus _status;
    private readonly NodeDeparture _departure;
    private readonly VipService _vips;
    private readonly SemaphoreSlim _reloading = new(1, 1);
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private PlannedRevision _running = PlannedRevision.None;
    private ManagementServer? _management;

    public NodeHost(string file, NodeConfig node, ILogger logger)
    {
        _file = file;
        _logger = logger;
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
        _acme = new AcmeService(
            new AcmeServices(
                logger, _time, challenges, certificates, ledger, () => _ = LookAfterCertificatesAsync()));
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
            InstanceId = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)),
        });
        _port = new EdgePort(_edge);
        _actors = new ActorSystem(new PoolDispatcher(), events);
        _certificates = new CertificateWatch(
            _time, LookAfterCertificatesAsync, _staples.RefreshAsync,
            new TicketRotation(() => _running.Config.Node.TicketRotation, () => _ticketKeys.Rotate()));
        var prober = new HttpProber(_time, _tls.OriginRulesOf);
        _tree = NodeSupervisor.Start(_actors, _port, prober, new DnsResolver(_time), events);
        actorPort.Connect(_tree);
        _live = new LiveRegistry(loops, _tls, LiveTables.Alone(RandomNumberGenerator.GetBytes(EntryHash.KeyBytes)));
        _status = new NodeStatus(_edge, telemetry, events, ledger, name, _time.GetUtcNow());
        _departure = new NodeDeparture(
            _actors.Shutdown, new DepartingNode(_edge, _status, () => _running.Config.Node, logger), _time);
        _vips = new VipService(
            _actors,
            new VipServices(logger, _time, new VipNode(_edge, _status), new VipBoard(), name, Peers: null, file));
        _status.VipService = _vips;
        _departure.Add(new VipDuty(_vips, () => _vips.Adopt(_running.Config)));
    }

    /// <summary>Runs the node until a signal ends it. Returns the process's exit code: 0 after an orderly end, 1
    /// when it could not start, 2 when the configuration is wrong.</summary>
    public static async Task<int> RunAsync(string file, ILogger logger, TextWriter errors)
    {
        ConfigLoading loading = ConfigLoader.Load(file);
        if (loading.Config is not { } config)
        {
            foreach (ConfigProblem problem in loading.Errors)
            {
                await errors.WriteLineAsync(problem.ToString());
            }

            return 2;
        }

        await using var host = new NodeHost(file, config.Node, logger);
        using var signals = new NodeSignals(host.Reload, host._accessLogs.Reopen, host._departure);
        if (!await host.StartAsync(loading, config))
        {
            return 1;
        }

        await host._departure.Completion;
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        if (_management is not null)
        {
            await _management.DisposeAsync();
        }

        await _certificates.DisposeAsync();
        _staples.Dispose();
        await _acme.DisposeAsync();
        await _actors.DisposeAsync();
        await _edge.DisposeAsync();
        await _accessLogs.DisposeAsync();
        _reloading.Dispose();
        NodeLog.Stopped(_logger);
    }

    private static long DefaultBufferBytes() =>
        Math.Max(64L << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);

    private async Task<bool> StartAsync(ConfigLoading loading, ProxyConfig config)
    {
        _accessLogs.Start();
        _edge.Start();
        if (!await ApplyAsync(loading, config))
        {
            return false;
        }

        if (config.Management.Enabled)
        {
            try
            {
                _management = await ManagementServer.StartAsync(
                    new ManagementOptions
                    {
                        Bind = config.Management.Bind,
                        Token = config.Management.Token,
                        More = [new NodeEndpoints(_status, _departure, new ChangeGuard(config.Management.ReadOnly))],
                    },
                    _status);
                NodeLog.ManagementListening(_logger, _management.Bound.ToString());
            }
            catch (IOException error)
            {
                NodeLog.ListenerFailed(_logger, "management", error.Message);
                return false;
            }
        }

        _certificates.Start();
        await _departure.StartedAsync();
        return true;
    }

    /// <summary>Reads the file again. An invalid file changes nothing.</summary>
    private void Reload() => _ = ReloadAsync();

    private async Task ReloadAsync()
    {
        await _reloading.WaitAsync();
        try
        {
            ConfigLoading loading = ConfigLoader.Load(_file);
            if (loading.Config is { } config)
            {
                await ApplyAsync(loading, config);
                return;
            }

            foreach (ConfigProblem problem in loading.Errors)
            {
                NodeLog.ReloadRefused(_logger, problem.ToString());
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

    private async Task<bool> ApplyAsync(ConfigLoading loading, ProxyConfig config)
    {
        foreach (ConfigProblem warning in loading.Warnings)
        {
            NodeLog.ConfigWarning(_logger, warning.ToString());
        }

        IReadOnlyList<string> problems = _acme.Prepare(config, _file);
        foreach (string problem in problems)
        {
            NodeLog.ReloadRefused(_logger, problem);
        }

        if (problems.Count > 0 || !PrepareTls(config))
        {
            return false;
        }

        PlannedRevision planned = SnapshotPlanner.Plan(config, _live, _running);
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
            return false;
        }

        if (ReferenceEquals(_running, PlannedRevision.None) && _port.Problems.Count > 0)
        {
            return false;
        }

        LogChange(planned);
        _live.Retain(planned.Snapshot);
        _running = planned;
        await _acme.AdoptAsync(config);
        _vips.Adopt(config);
        HoconObject? document = HoconDocument.ParseFile(_file).Root;
        _status.Set(planned, document is null ? "{}" : HoconJson.Write(document, indented: true));
        return true;
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
                PlannedRevision planned = SnapshotPlanner.Plan(_running.Config, _live, _running);
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

    private bool PrepareTls(ProxyConfig config)
    {
        _told.Clear();
        TlsFindings findings = _tls.Prepare(config, _file, _time.GetUtcNow());
        Tell(findings);
        return findings.Errors.Count == 0;
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
