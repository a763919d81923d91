using Proxy.Edge.Limits;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Routing;

namespace Proxy.Edge.Snapshot;

/// <summary>One rule, compiled: what matches and what is done. Exactly one of <see cref="Pool"/>,
/// <see cref="Redirect"/> and <see cref="Response"/> is set.</summary>
public sealed record RoutePlan
{
    /// <summary>Position in <see cref="EdgeSnapshot.Routes"/>.</summary>
    public required int Index { get; init; }

    /// <summary>Configured name, or "route-N".</summary>
    public required string Name { get; init; }

    public required RouteMatch Match { get; init; }

    public PoolPlan? Pool { get; init; }

    public RedirectRule? Redirect { get; init; }

    public FixedResponseRule? Response { get; init; }

    public PathRewriteRule? Rewrite { get; init; }

    public HostPolicy Host { get; init; } = HostPolicy.Member;

    /// <summary>Value for <see cref="HostPolicy.Fixed"/>.</summary>
    public string FixedHost { get; init; } = "";

    public IReadOnlyList<HeaderEdit> RequestHeaders { get; init; } = [];

    public IReadOnlyList<HeaderEdit> ResponseHeaders { get; init; } = [];

    public ResponseMappingRule Mapping { get; init; } = new();

    /// <summary>Protocols a client may upgrade to through this route, lower case; "websocket" by default.</summary>
    public IReadOnlyList<string> Upgrades { get; init; } = ["websocket"];

    /// <summary>Largest request body in bytes; 0 = no limit.</summary>
    public long MaxRequestBody { get; init; }

    /// <summary>Live side of the route's limit; null = none.</summary>
    public RateLimiter? RateLimit { get; init; }
}
