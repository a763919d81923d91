using System.Text;
using Proxy.Edge.Buffers;
using Proxy.Edge.Downstream;
using Proxy.Edge.Os.Epoll;
using Proxy.Edge.Relay;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Timing;
using Proxy.Edge.Topology;
using Proxy.Edge.Upstream;

namespace Proxy.Edge.Node;

/// <summary>One event loop with what runs on it: listeners, pools, the programs of the current revision. Everything but
/// the constructor and <see cref="Loop"/>'s Post runs on the loop's thread.</summary>
internal sealed class EdgeLoop : TimerNode, ILoopObserver
{
    /// <summary>A connection idle for less may have a request on its way while the node is leaving.</summary>
    private const long DrainIdleMicroseconds = 1_000_000;
    private const long DrainTickMicroseconds = 50_000;

    private readonly EdgeNodeOptions _options;
    private readonly Dictionary<string, ListenerSlot> _slots = new(StringComparer.Ordinal);
    private readonly List<ListenerSlot> _retired = [];
    private readonly Dictionary<string, LoopPool> _pools = new(StringComparer.Ordinal);
    private readonly LoopServices _services;
    private readonly OriginServices _origins;
    private readonly List<TaskCompletionSource> _drained = [];
    private long _drainDeadline = long.MaxValue;

    public EdgeLoop(EdgeNodeOptions options, int index)
    {
        _options = options;
        Loop = new EpollLoop(index, options.Time, new BufferPool(options.BufferBytes / options.Loops), this);
        _services = new LoopServices
        {
            Loop = Loop,
            Telemetry = options.Telemetry.Loop(index),
            Observations = options.Observations,
            Slots = options.Slots,
            Challenges = options.Challenges,
            RequestIds = new RequestIdSource(options.InstanceId + (ulong)index),
            NodeName = Encoding.ASCII.GetBytes(StructuredName(options.NodeName)),
        };
        _origins = new OriginServices(
            Loop, _services.Workspace, () => _services.Tls, () => _services.Http2);
    }

    public EpollLoop Loop { get; }

    /// <summary>Takes a snapshot over: pools, programs, then listeners. Returns where each listener is bound.</summary>
    /// <param name="bound">Addresses the first loop has bound already; empty for the first loop itself.</param>
    /// <param name="problems">Gets what could not be opened; such a listener is left out.</param>
    public Dictionary<string, SocketTarget> Adopt(
        EdgeSnapshot snapshot,
        IReadOnlyDictionary<string, AccessLog> logs,
        IReadOnlyDictionary<string, ConnectionBudget> budgets,
        IReadOnlyDictionary<string, SocketTarget>? bound,
        List<EdgeProblem> problems)
    {
        AdoptPools(snapshot);
        SnapshotMetrics metrics = _services.Telemetry.Adopt(snapshot);
        var routes = new Dictionary<RoutePlan, RouteProgram>(ReferenceEqualityComparer.Instance);
        foreach (RoutePlan route in snapshot.Routes)
        {
            routes[route] = new RouteProgram(route, route.Pool is null ? null : _pools[route.Pool.Name]);
        }

        var result = new Dictionary<string, SocketTarget>(StringComparer.Ordinal);
        for (int i = 0; i < snapshot.Listeners.Count; i++)
        {
            ListenerPlan plan = snapshot.Listeners[i];
            var program = new ListenerProgram
            {
                Plan = plan,
                Index = i,
                Metrics = metrics,
                Forwarding = new ForwardingFields(plan.Forwarding),
                Loop = new ViaLoop(plan.Forwarding.Via, ""),
                Routes = [.. plan.RoutePlans.Select(route => routes[route])],
                AccessLog = logs.GetValueOrDefault(plan.Name)?.Channel(Loop.Index),
                Name = Encoding.UTF8.GetBytes(plan.Name),
                ResponseLines = plan.Tls is { StrictTransportSecurity.Length: > 0 } tls
                    ? Encoding.ASCII.GetBytes($"Strict-Transport-Security: {tls.StrictTransportSecurity}\r\n")
                    : [],
            };
            if (AdoptListener(program, budgets[plan.Name], bound, problems) is { } address)
            {
                result[plan.Name] = address;
            }
        }

        RetireListeners(snapshot);
        return result;
    }

    /// <summary>Accepts from the sockets of the process before this one.</summary>
    public void BeginAccepting(List<EdgeProblem> problems)
    {
        foreach (ListenerSlot slot in _slots.Values)
        {
            try
            {
                slot.BeginAccepting();
            }
            catch (IOException error)
            {
                problems.Add(new EdgeProblem(slot.Program.Plan.Name, error.Message));
            }
        }
    }

    /// <summary>The listening sockets for another process; whoever asks closes the descriptors.</summary>
    public IReadOnlyList<SharedListener> ShareListeners() =>
    [
        .. _slots.Values.SelectMany(slot => slot.Duplicate().Select(descriptor => new SharedListener(
            slot.Program.Plan.Name, slot.Program.Plan.Bind.ToString(), Loop.Index, descriptor))),
    ];

    /// <summary>Lets every connection end with the answer in hand, and goes on accepting.</summary>
    public void SendClientsAway()
    {
        if (!_services.IsDraining)
        {
            _services.IsDraining = true;
            OnTimer(Loop.Now);
        }
    }

    /// <summary>Takes <see cref="SendClientsAway"/> back, as long as <see cref="Drain"/> was not called.</summary>
    public void WelcomeClients() => _services.IsDraining = _drained.Count > 0;

    /// <summary>For good: clients are sent away too, from the first answer after it on.</summary>
    public void StopAccepting()
    {
        foreach (ListenerSlot slot in _slots.Values)
        {
            slot.StopListening();
        }

        SendClientsAway();
    }

    /// <summary>Stops accepting and lets every connection end with the answer in hand; completes when all are gone
    /// or the time is over. Called again, the new limit holds.</summary>
    public void Drain(TimeSpan limit, TaskCompletionSource drained)
    {
        _services.IsDraining = true;
        _drained.Add(drained);
        _drainDeadline = Loop.Now + (limit.Ticks / TimeSpan.TicksPerMicrosecond);
        StopAccepting();
        OnTimer(Loop.Now);
    }

    public override void OnTimer(long now)
    {
        if (!_services.IsDraining)
        {
            return;
        }

        bool late = now >= _drainDeadline;
        int open = 0;
        foreach (ListenerSlot slot in _slots.Values.Concat(_retired))
        {
            if (late)
            {
                slot.CloseAll();
            }
            else
            {
                // Again and again: a handshake may have ended in HTTP/2 since.
                slot.BeginDrain();
                slot.CloseIdle(now - DrainIdleMicroseconds);
            }

            open += slot.Count;
        }

        if (open == 0 && _drained.Count > 0)
        {
            _drained.ForEach(static drained => drained.TrySetResult());
            _drained.Clear();
            return;
        }

        Loop.Timers.Set(this, now + DrainTickMicroseconds);
    }

    public void OnTurnEnd(long now)
    {
        LoopCounters counters = _services.Telemetry.Counters;
        counters.Turns = Loop.Turns;
        counters.PoolMemoryBytes = Loop.Buffers.RentedBytes;
    }

    public void OnHandlerFailed(Exception error) => _options.Events.OnFailure(Loop.Index, error);

    public void OnAcceptFailed(string reason) => _options.Events.OnAcceptFailed(Loop.Index, reason);

    /// <summary>A name as a structured field item (RFC 8941 §3.3): a token where it can be one, else a
    /// string.</summary>
    private static string StructuredName(string name) =>
        name.Length > 0 && char.IsAsciiLetter(name[0])
        && name.All(static c => char.IsAsciiLetterOrDigit(c) || "-._~".Contains(c))
            ? name
            : $"\"{string.Concat(name.Where(static c => c is >= ' ' and <= '~' and not ('"' or '\\')))}\"";

    private void AdoptPools(EdgeSnapshot snapshot)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (PoolPlan plan in snapshot.Pools)
        {
            names.Add(plan.Name);
            if (_pools.TryGetValue(plan.Name, out LoopPool? pool))
            {
                pool.Adopt(plan);
            }
            else
            {
                _pools[plan.Name] = new LoopPool(_origins, plan);
            }
        }

        foreach (string name in _pools.Keys.Where(name => !names.Contains(name)).ToArray())
        {
            _pools.Remove(name, out LoopPool? pool);
            pool!.Retire();
        }
    }

    private SocketTarget? AdoptListener(
        ListenerProgram program,
        ConnectionBudget budget,
        IReadOnlyDictionary<string, SocketTarget>? bound,
        List<EdgeProblem> problems)
    {
        ListenerPlan plan = program.Plan;
        if (_slots.TryGetValue(plan.Name, out ListenerSlot? old))
        {
            if (old.Program.Plan.Bind == plan.Bind)
            {
                old.Program = program;
                return old.Bound;
            }

        }

        // A Unix socket has one queue; only the first loop listens on it.
        SocketTarget? address = bound is null ? plan.Bind : bound.GetValueOrDefault(plan.Name);
        if (address is null || (bound is not null && address.IsUnix))
        {
            return null;
        }

        var slot = new ListenerSlot(_services, program, budget);
        try
        {
            IReadOnlyList<int> inherited = _options.Inherited.Take(
                plan, Loop.Index, _options.Loops, out bool others);
            foreach (int descriptor in inherited)
            {
                slot.Inherit(address, descriptor);
            }

            if (inherited.Count == 0 && others)
            {
                slot.OpenLater(address);
            }
            else if (inherited.Count == 0)
            {
                slot.Open(address, join: bound is not null);
            }
        }
        catch (IOException error)
        {
            problems.Add(new EdgeProblem(plan.Name, error.Message));
            return null;
        }

        // The old address is given up only now: had the new one failed, it would still be served.
        if (old is not null)
        {
            old.StopListening();
            _retired.Add(old);
        }

        _slots[plan.Name] = slot;
        return slot.Bound;
    }

    private void RetireListeners(EdgeSnapshot snapshot)
    {
        var names = snapshot.Listeners.Select(static listener => listener.Name).ToHashSet(StringComparer.Ordinal);
        foreach (string name in _slots.Keys.Where(name => !names.Contains(name)).ToArray())
        {
            _slots.Remove(name, out ListenerSlot? slot);
            slot!.StopListening();
            _retired.Add(slot);
        }

        _retired.RemoveAll(static slot => slot.Count == 0);
    }
}
