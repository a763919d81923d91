using Proxy.Edge.Rewriting;

namespace Proxy.Actors.Config;

/// <summary>One rule: what it matches and what is done. Exactly one of <see cref="Pool"/>, <see cref="Redirect"/> and
/// <see cref="Respond"/> has to be given.</summary>
public sealed record RouteConfig
{
    /// <summary>Unique; "route-N" when the file gives none.</summary>
    public string Name { get; init; } = "";

    public MatchConfig Match { get; init; } = new();

    /// <summary>Name of the pool that answers; empty = none.</summary>
    public string Pool { get; init; } = "";

    public RedirectRule? Redirect { get; init; }

    public FixedResponseRule? Respond { get; init; }

    public RewriteConfig Rewrite { get; init; } = new();

    /// <summary>"member", "preserve", or the name to send.</summary>
    public string Host { get; init; } = "member";

    public HeaderEditsConfig RequestHeaders { get; init; } = new();

    public HeaderEditsConfig ResponseHeaders { get; init; } = new();

    public MappingConfig Mapping { get; init; } = new();

    /// <summary>Protocols a client may upgrade to.</summary>
    public ConfigList<string> Upgrade { get; init; } = ["websocket"];

    /// <summary>Largest request body in bytes; 0 = no limit.</summary>
    public long MaxBody { get; init; }

    /// <summary>Null = no limit.</summary>
    public RateLimitConfig? RateLimit { get; init; }
}
