using Proxy.Edge.Snapshot;

namespace Proxy.Edge.Telemetry;

#pragma warning disable CA1051 // Fields, not properties: the loop increments them in place.

/// <summary>What one loop counts about one listener.</summary>
public sealed class ListenerCounters
{
    public long ConnectionsAccepted;
    public long ConnectionsOpen;
    public long ConnectionsRefused;
    public long Requests;
    public long BytesIn;
    public long BytesOut;
}

/// <summary>What one loop counts about one route.</summary>
public sealed class RouteCounters
{
    public long Requests;
    public StatusCounts Responses;
    public long BytesIn;
    public long BytesOut;

    /// <summary>Whole exchanges, request's first byte to answer's last.</summary>
    public LatencyHistogram Latency { get; } = new();
}

/// <summary>What one loop counts about one pool.</summary>
public sealed class PoolCounters
{
    public long Requests;
    public long Retries;

    /// <summary>Exchanges that failed on the origin's side or for lack of a member.</summary>
    public long Failures;

    /// <summary>Exchanges that waited for a free slot.</summary>
    public long Queued;

    /// <summary>From the start of the request to the first byte of the answer.</summary>
    public LatencyHistogram FirstByte { get; } = new();
}

#pragma warning restore CA1051

/// <summary>One loop's counters in the order of one snapshot, so that an exchange finds them by index. They are kept
/// by name over revisions: an exchange that outlives a reload holds on to the object it began with and still counts
/// for the right route.</summary>
public sealed class SnapshotMetrics
{
    private readonly ListenerCounters[] _listeners;
    private readonly RouteCounters[] _routes;
    private readonly PoolCounters?[] _poolOfRoute;

    internal SnapshotMetrics(
        EdgeSnapshot snapshot, ListenerCounters[] listeners, RouteCounters[] routes, PoolCounters?[] poolOfRoute)
    {
        Snapshot = snapshot;
        _listeners = listeners;
        _routes = routes;
        _poolOfRoute = poolOfRoute;
    }

    public EdgeSnapshot Snapshot { get; }

    /// <param name="index">Position in <see cref="EdgeSnapshot.Listeners"/>.</param>
    public ListenerCounters Listener(int index) => _listeners[index];

    /// <param name="index"><see cref="RoutePlan.Index"/>.</param>
    public RouteCounters Route(int index) => _routes[index];

    /// <summary>Counters of the pool a route leads to; null when the route answers by itself.</summary>
    public PoolCounters? PoolOfRoute(int index) => _poolOfRoute[index];
}
