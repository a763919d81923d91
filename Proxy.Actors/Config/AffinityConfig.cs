using Proxy.Edge.Affinity;

namespace Proxy.Actors.Config;

/// <summary>How a client finds the same member again.</summary>
public sealed record AffinityConfig
{
    /// <summary>Null = no cookie.</summary>
    public CookieAffinityOptions? Cookie { get; init; }

    /// <summary>Null = sessions of applications are not learned.</summary>
    public SessionAffinityConfig? ApplicationCookie { get; init; }

    /// <summary>Null = addresses are not remembered.</summary>
    public SourceAffinityConfig? Source { get; init; }

    /// <summary>A request whose member cannot answer gets 503 instead of another member.</summary>
    public bool NoFailover { get; init; }
}

/// <summary>Which ids of sessions are learned, and for how long.</summary>
public sealed record SessionAffinityConfig
{
    public SessionNames Names { get; init; } = new();

    /// <summary>How long a session may be silent.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(30);
}

/// <summary>How addresses are remembered, and for how long.</summary>
public sealed record SourceAffinityConfig
{
    /// <summary>How long an address may be silent.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Bits of an IPv4 address that tell clients apart.</summary>
    public int PrefixV4 { get; init; } = 32;

    /// <summary>Bits of an IPv6 address that tell clients apart.</summary>
    public int PrefixV6 { get; init; } = 64;
}
