using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;

namespace Proxy.Cluster.Exporting;

/// <summary>Metrics of listeners, routes and pools. One series per name: two with the same name would make Prometheus
/// refuse the whole export.</summary>
internal static class TopologyMetrics
{
    public static void WriteListeners(ExpositionWriter output, NodeMetrics node)
    {
        string[] names = [.. node.Snapshot.Listeners.Select(listener => listener.Name).Distinct()];
        output.Gauge("proxy_listener_connections_open", "Client connections open.");
        Each(c => Volatile.Read(ref c.ConnectionsOpen));
        output.Counter("proxy_listener_connections_accepted_total", "Client connections accepted.");
        Each(c => Volatile.Read(ref c.ConnectionsAccepted));
        output.Counter("proxy_listener_connections_refused_total", "Connections closed at once because of a limit.");
        Each(c => Volatile.Read(ref c.ConnectionsRefused));
        output.Counter("proxy_listener_requests_total", "Requests finished.");
        Each(c => Volatile.Read(ref c.Requests));
        output.Counter("proxy_listener_received_bytes_total", "Bytes from clients.");
        Each(c => Volatile.Read(ref c.BytesIn));
        output.Counter("proxy_listener_sent_bytes_total", "Bytes to clients.");
        Each(c => Volatile.Read(ref c.BytesOut));

        void Each(Func<ListenerCounters, long> read)
        {
            foreach (string name in names)
            {
                output.Sample(node.Telemetry.SumListener(name, read), ("listener", name));
            }
        }
    }

    public static void WriteRoutes(ExpositionWriter output, NodeMetrics node)
    {
        string[] names = [.. node.Snapshot.Routes.Select(route => route.Name).Distinct()];
        output.Counter("proxy_route_requests_total", "Requests finished.");
        Each(c => Volatile.Read(ref c.Requests));
        output.Counter("proxy_route_responses_total", "Answers by class of status; none = the client got no status.");
        foreach (string name in names)
        {
            Class(name, "1xx", c => Volatile.Read(ref c.Responses.Class1));
            Class(name, "2xx", c => Volatile.Read(ref c.Responses.Class2));
            Class(name, "3xx", c => Volatile.Read(ref c.Responses.Class3));
            Class(name, "4xx", c => Volatile.Read(ref c.Responses.Class4));
            Class(name, "5xx", c => Volatile.Read(ref c.Responses.Class5));
            Class(name, "none", c => Volatile.Read(ref c.Responses.None));
        }

        output.Counter("proxy_route_received_bytes_total", "Bytes from clients.");
        Each(c => Volatile.Read(ref c.BytesIn));
        output.Counter("proxy_route_sent_bytes_total", "Bytes to clients.");
        Each(c => Volatile.Read(ref c.BytesOut));
        output.Histogram("proxy_route_duration_seconds", "Whole exchanges, request's first byte to answer's last.");
        foreach (string name in names)
        {
            output.Buckets(node.Telemetry.RouteLatency(name), "route", name);
        }

        void Each(Func<RouteCounters, long> read)
        {
            foreach (string name in names)
            {
                output.Sample(node.Telemetry.SumRoute(name, read), ("route", name));
            }
        }

        void Class(string name, string status, Func<RouteCounters, long> read) =>
            output.Sample(node.Telemetry.SumRoute(name, read), ("route", name), ("class", status));
    }

    public static void WritePools(ExpositionWriter output, NodeMetrics node)
    {
        PoolPlan[] pools = [.. node.Snapshot.Pools.DistinctBy(pool => pool.Name)];
        output.Gauge("proxy_pool_members", "Members configured.");
        foreach (PoolPlan pool in pools)
        {
            output.Sample(pool.Members.Count, ("pool", pool.Name));
        }

        output.Gauge("proxy_pool_candidates", "Members a new request may go to.");
        foreach (PoolPlan pool in pools)
        {
            output.Sample(pool.State.Candidates.Count, ("pool", pool.Name));
        }

        output.Counter("proxy_pool_requests_total", "Requests led to the pool.");
        Each(c => Volatile.Read(ref c.Requests));
        output.Counter("proxy_pool_retries_total", "Attempts after the first one of an exchange.");
        Each(c => Volatile.Read(ref c.Retries));
        output.Counter("proxy_pool_failures_total", "Exchanges failed by the origin or for lack of a member.");
        Each(c => Volatile.Read(ref c.Failures));
        output.Counter("proxy_pool_queued_total", "Exchanges that waited for a free slot.");
        Each(c => Volatile.Read(ref c.Queued));
        output.Histogram("proxy_pool_first_byte_seconds", "From the start of the request to the answer's first byte.");
        foreach (PoolPlan pool in pools)
        {
            output.Buckets(node.Telemetry.PoolFirstByte(pool.Name), "pool", pool.Name);
        }

        void Each(Func<PoolCounters, long> read)
        {
            foreach (PoolPlan pool in pools)
            {
                output.Sample(node.Telemetry.SumPool(pool.Name, read), ("pool", pool.Name));
            }
        }
    }
}
