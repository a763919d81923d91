using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Config;
using Proxy.Actors.Publishing;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Health;
using Proxy.Cluster.Management;
using Proxy.Cluster.Membership;
using Proxy.Cluster.Peers;
using Proxy.Cluster.Shutdown;
using Proxy.Cluster.Singletons;

namespace Proxy.Cluster.Host;

/// <summary>This node's part in the cluster: the engine, its membership and the singletons it may have. Nothing on the
/// data path waits for it, and a failure of it takes no traffic away.</summary>
internal sealed class ClusterNode : IClusterControl, INodeDuty, IDisposable
{
    private const int DefaultPeerPort = 7400;

    private static readonly TimeSpan OrderLimit = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger;
    private readonly IRef<MembershipMessage> _membership;
    private readonly IRef<SingletonMessage> _singletons;
    private readonly IDisposable _log;
    private readonly IActorSystem _actors;
    private int _held;
    private volatile TaskCompletionSource? _given;
    private IRef<HealthCommand>? _health;

    private ClusterNode(
        ProxyConfig config,
        NodeIdentity self,
        NodeHome home,
        IClusterEngine engine,
        IActorSystem actors,
        ILogger logger)
    {
        (_logger, _actors, Engine) = (logger, actors, engine);
        string id = IdOf(config.Cluster, home);
        var settings = new MembershipSettings
        {
            Cluster = config.Cluster.Name, ClusterId = id, DownAfter = config.Cluster.DownAfter,
        };
        Board = new MembershipBoard(
            new MembershipView { Cluster = settings.Cluster, ClusterId = id, Self = self });
        _log = Board.Subscribe(Log);
        _membership = actors.Spawn(
            MembershipActor.Props(new MembershipServices(engine, settings, Board, home.Remember)), "membership");
        _singletons = actors.Spawn(
            SingletonActor.Props(new SingletonServices(engine, Board, Owners, Hold, Report)), "singletons");
    }

    public string Name => "singletons";

    public IClusterEngine Engine { get; }

    public MembershipBoard Board { get; }

    public SingletonBoard Owners { get; } = new();

    public HealthBoard Health { get; } = new();

    /// <summary>Names of the members that run what is configured.</summary>
    public IReadOnlyList<string> Serving =>
    [
        .. Board.View.Members.Where(static member => member.Status is MemberStatus.Joining or MemberStatus.Up)
            .Select(static member => member.Node.Name),
    ];

    /// <summary>Why the cluster will not have this node; null while it does.</summary>
    public string? Refusal =>
        Board.View is { Standing: ClusterStanding.Refused } view ? string.Join("; ", view.Problems) : null;

    public static NodeHome OpenHome(ProxyConfig config) => NodeHome.Open(
        Path.GetFullPath(config.Node.StateDir),
        RandomNumberGenerator.GetHexString(32, true),
        $"{config.Cluster.Engine}/{config.Cluster.Name}");

    /// <summary>The cluster that the node belongs to; empty = whichever it finds.</summary>
    public static string IdOf(ClusterConfig config, NodeHome home) => config.Id.Length > 0 ? config.Id : home.ClusterId;

    /// <param name="engine">Belongs to the caller; what is wrong with it is seen as a standing.</param>
    public static ClusterNode Start(
        ProxyConfig config,
        NodeHome home,
        IClusterEngine engine,
        string name,
        IActorSystem actors,
        TimeProvider time,
        ILogger logger)
    {
        if (home.Problem is { } trouble)
        {
            NodeLog.ClusterProblem(logger, trouble);
        }

        var self = new NodeIdentity
        {
            Name = name,
            Incarnation = MembershipActor.NewIncarnation(time.GetUtcNow(), SeededRandom.FromEntropy()),
            Home = home.Mark,
            PeerAddress = PeerAddress(config.Cluster, name),
            ManagementAddress = config.Cluster.ManagementAddress,
            Roles = [.. config.Cluster.Roles],
            Version = ProductVersion.Text,
        };
        if (config.Cluster.Engine != ClusterEngine.Embedded)
        {
            HandOverRehearsal.Play();
        }

        return new ClusterNode(config, self, home, engine, actors, logger);
    }

    /// <summary>From now on the members of pools are checked by one node for all, which the nodes tell each other by
    /// these messages. Once, before <see cref="Adopt"/>.</summary>
    public void Supervise(IPeerMessages peers, PoolDirectory pools)
    {
        _health = _actors.Spawn(
            HealthDesk.Props(
                new HealthServices(new PeerVerdicts(peers), new PoolTargets(pools), Board, Owners, Health)),
            "health");
    }

    /// <summary>What the peer streams notice: nodes that cannot be reached from here.</summary>
    public void PeersSilent(ImmutableArray<string> nodes) =>
        _membership.Tell(new MembershipMessage.Input(new MembershipInput.PeersSilent(nodes)));

    /// <summary>Takes over what a new configuration wants to run once in the cluster.</summary>
    public void Adopt(ProxyConfig config)
    {
        if (_health is { } health)
        {
            ImmutableArray<HealthPlan> plans = HealthPlan.Of(config);
            health.Tell(new HealthCommand.Plan(plans));
            _singletons.Tell(new SingletonMessage.Configure(HealthDesk.Supervisors(plans, health)));
        }
    }

    /// <summary>An operator's order for a member. Answered within <see cref="OrderLimit"/>.</summary>
    public async Task<OrderResult> OrderAsync(MemberOrder order)
    {
        try
        {
            return await _membership.Ask<OrderResult, MemberOrder>(
                static (reply, what) => new MembershipMessage.Order(what, reply), order, OrderLimit);
        }
        catch (Exception problem) when (problem is TimeoutException or UndeliveredException)
        {
            return new OrderResult(0, OrderOutcome.Unavailable, problem.Message);
        }
    }

    public void LoadChanged(NodeLoad load) =>
        _membership.Tell(new MembershipMessage.Input(new MembershipInput.LoadChanged(load)));

    /// <summary>Leaves the cluster: hands over what it holds, takes its record out, gives its lease back. Completes
    /// when that is done or cannot be; the lease's end does the rest then.</summary>
    public async Task LeaveAsync(CancellationToken cancellation)
    {
        NodeIdentity self = Board.View.Self;
        OrderResult order = await OrderAsync(new MemberOrder(MemberOrderKind.Leave, self.Name, self.Incarnation));
        if (order.Outcome == OrderOutcome.Done)
        {
            await WaitAsync(static change => change.View.Standing == ClusterStanding.Left, cancellation);
        }
    }

    public async ValueTask GiveUpAsync(CancellationToken cancellation)
    {
        _singletons.Tell(new SingletonMessage.Input(new SingletonInput.Resting(true)));
        var given = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _given = given;
        if (Volatile.Read(ref _held) == 0)
        {
            given.TrySetResult();
        }

        await given.Task.WaitAsync(cancellation);
    }

    public ValueTask TakeAsync(CancellationToken cancellation)
    {
        _singletons.Tell(new SingletonMessage.Input(new SingletonInput.Resting(false)));
        return ValueTask.CompletedTask;
    }

    /// <summary>After the actors have ended.</summary>
    public void Dispose() => _log.Dispose();

    private static string PeerAddress(ClusterConfig cluster, string name) =>
        cluster.Address.Length > 0
            ? cluster.Address
            : string.Create(CultureInfo.InvariantCulture, $"{name}:{DefaultPeerPort}");

    private async Task WaitAsync(Func<MembershipChange, bool> until, CancellationToken cancellation)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable subscription = Board.Subscribe(change =>
        {
            if (until(change))
            {
                reached.TrySetResult();
            }
        });
        await reached.Task.WaitAsync(cancellation);
    }

    private void Hold(int count)
    {
        Volatile.Write(ref _held, count);
        _membership.Tell(new MembershipMessage.Input(new MembershipInput.SingletonsHeld(count)));
        if (count == 0)
        {
            _given?.TrySetResult();
        }
    }

    private void Report(string what) => NodeLog.ClusterNote(_logger, what);

    private void Log(MembershipChange change)
    {
        foreach (MemberEvent happened in change.Events)
        {
            switch (happened)
            {
                case MemberEvent.StandingChanged standing:
                    NodeLog.ClusterStanding(_logger, standing.Standing.ToString());
                    foreach (string problem in standing.Problems)
                    {
                        NodeLog.ClusterProblem(_logger, problem);
                    }

                    break;
                default:
                    NodeLog.ClusterNote(_logger, MemberEventText.Of(happened));
                    break;
            }
        }
    }
}
