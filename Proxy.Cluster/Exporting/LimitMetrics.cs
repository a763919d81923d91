using Proxy.Edge.Limits;
using Proxy.Edge.Snapshot;

namespace Proxy.Cluster.Exporting;

/// <summary>Metrics of routes with a rate limit.</summary>
internal static class LimitMetrics
{
    public static void Write(ExpositionWriter output, NodeMetrics node)
    {
        RoutePlan[] routes =
        [
            .. node.Snapshot.Routes.Where(static route => route.RateLimit is not null)
                .DistinctBy(static route => route.Name),
        ];
        if (routes.Length == 0)
        {
            return;
        }

        output.Gauge("proxy_rate_limit_nodes", "Nodes that share the limit.");
        Each(limiter => limiter.Nodes);
        output.Counter("proxy_rate_limit_refused_total", "Requests answered with 429.");
        Each(limiter => limiter.Refused);
        output.Counter("proxy_rate_limit_delayed_total", "Requests held back to keep to the rate.");
        Each(limiter => limiter.Delayed);
        output.Counter("proxy_rate_limit_asked_total", "Requests that waited for the node that keeps their count.");
        Each(limiter => limiter.Asked);
        output.Counter(
            "proxy_rate_limit_fraction_total",
            "Requests judged by this node's part of the limit for lack of an answer.");
        Each(limiter => limiter.ByFraction);

        void Each(Func<RateLimiter, long> read)
        {
            foreach (RoutePlan route in routes)
            {
                output.Sample(read(route.RateLimit!), ("route", route.Name));
            }
        }
    }
}
