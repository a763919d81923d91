using Proxy.Edge.Affinity;

namespace Proxy.Actors.Config;

/// <summary>How a client finds the same member again.</summary>
public sealed record AffinityConfig
{
    /// <summary>Null = no cookie.</summary>
    public CookieAffinityOptions? Cookie { get; init; }

    /// <summary>A request whose member cannot answer gets 503 instead of another member.</summary>
    public bool NoFailover { get; init; }
}
