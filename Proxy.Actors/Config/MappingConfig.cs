namespace Proxy.Actors.Config;

/// <summary>How what an origin says about itself (Location, cookies) is turned into what the client sees. Derived
/// from the route and its members; what is given here comes on top, or instead in the case of the path.</summary>
public sealed record MappingConfig
{
    public bool Enabled { get; init; } = true;

    /// <summary>Further URL prefixes by which the origin calls itself.</summary>
    public ConfigList<string> OriginUrls { get; init; } = [];

    /// <summary>Path of the origin that corresponds to the route's path; null = derived.</summary>
    public string? OriginPath { get; init; }

    /// <summary>Cookie domain of the origin → domain for the client; "" removes the attribute.</summary>
    public ConfigList<NamedText> CookieDomains { get; init; } = [];
}
