using System.Collections.Concurrent;
using Proxy.Edge.Http2;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Tls;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Telemetry;

/// <summary>Everything one loop counts. Only that loop writes; any thread may read.</summary>
public sealed class LoopTelemetry
{
    // Concurrent only for the readers: the loop adds a name when a snapshot brings a new one.
    private readonly ConcurrentDictionary<string, ListenerCounters> _listeners = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RouteCounters> _routes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, PoolCounters> _pools = new(StringComparer.Ordinal);

    // Room at the end keeps the next object on the heap off the last counter's cache line.
    private readonly long[] _faults = new long[FaultNames.Count + 8];

    private readonly long[] _tlsFailures = new long[TlsFailureCount + 8];

    /// <summary>Number of values of <see cref="TlsFailure"/>.</summary>
    public const int TlsFailureCount = (int)TlsFailure.Timeout + 1;

    private readonly long[] _http2Errors = new long[Http2ErrorCount + 8];

    /// <summary>Number of values of <see cref="Http2Error"/>.</summary>
    public const int Http2ErrorCount = (int)Http2Error.Http11Required + 1;

    public LoopCounters Counters { get; } = new();

    public long Faults(ProxyFault fault) => Volatile.Read(ref _faults[(int)fault]);

    public void CountFault(ProxyFault fault) => _faults[(int)fault]++;

    /// <summary>Handshakes with clients that failed for this reason.</summary>
    public long TlsFailures(TlsFailure failure) => Volatile.Read(ref _tlsFailures[(int)failure]);

    public void CountTlsFailure(TlsFailure failure) => _tlsFailures[(int)failure]++;

    /// <summary>HTTP/2 connections of clients that ended with this error.</summary>
    public long Http2Errors(Http2Error error) => Volatile.Read(ref _http2Errors[(int)error]);

    public void CountHttp2Error(Http2Error error) => _http2Errors[(int)error]++;

    public ListenerCounters? Listener(string name) => _listeners.GetValueOrDefault(name);

    public RouteCounters? Route(string name) => _routes.GetValueOrDefault(name);

    public PoolCounters? Pool(string name) => _pools.GetValueOrDefault(name);

    /// <summary>Counters for a snapshot, by index. Called by the loop once when it takes the snapshot over;
    /// allocates.</summary>
    public SnapshotMetrics Adopt(EdgeSnapshot snapshot)
    {
        var listeners = new ListenerCounters[snapshot.Listeners.Count];
        for (int i = 0; i < listeners.Length; i++)
        {
            listeners[i] = _listeners.GetOrAdd(snapshot.Listeners[i].Name, _ => new ListenerCounters());
        }

        foreach (PoolPlan pool in snapshot.Pools)
        {
            _pools.GetOrAdd(pool.Name, _ => new PoolCounters());
        }

        var routes = new RouteCounters[snapshot.Routes.Count];
        var poolOfRoute = new PoolCounters?[routes.Length];
        for (int i = 0; i < routes.Length; i++)
        {
            RoutePlan route = snapshot.Routes[i];
            routes[i] = _routes.GetOrAdd(route.Name, _ => new RouteCounters());
            poolOfRoute[i] = route.Pool is null ? null : _pools.GetOrAdd(route.Pool.Name, _ => new PoolCounters());
        }

        return new SnapshotMetrics(snapshot, listeners, routes, poolOfRoute);
    }

    /// <summary>Counts an exchange at its end: loop, listener, route and fault in one call. Pool counters and
    /// upstream bytes are counted where they happen.</summary>
    /// <param name="listener">Position of the listener in the snapshot.</param>
    /// <param name="route"><see cref="RoutePlan.Index"/>, or -1 when no route was found.</param>
    /// <param name="status">Status sent to the client; 0 when none was.</param>
    /// <param name="bytesIn">From the client, head included; likewise <paramref name="bytesOut"/> to the
    /// client.</param>
    public void CountExchange(
        SnapshotMetrics metrics, int listener, int route, int status, long bytesIn, long bytesOut,
        long totalMicroseconds, ProxyFault fault)
    {
        LoopCounters loop = Counters;
        loop.Requests++;
        loop.BytesFromClients += bytesIn;
        loop.BytesToClients += bytesOut;
        if (fault != ProxyFault.None)
        {
            _faults[(int)fault]++;
        }

        ListenerCounters atListener = metrics.Listener(listener);
        atListener.Requests++;
        atListener.BytesIn += bytesIn;
        atListener.BytesOut += bytesOut;
        loop.Responses.Count(status);
        if (route >= 0)
        {
            RouteCounters atRoute = metrics.Route(route);
            atRoute.Requests++;
            atRoute.BytesIn += bytesIn;
            atRoute.BytesOut += bytesOut;
            atRoute.Responses.Count(status);
            atRoute.Latency.Record(totalMicroseconds);
        }
    }
}
