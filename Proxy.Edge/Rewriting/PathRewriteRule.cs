namespace Proxy.Edge.Rewriting;

/// <summary>How the request target is changed before it goes to an origin. At most one of prefix and regex is set.</summary>
public sealed record PathRewriteRule
{
    /// <summary>Replaces the part of the path that a prefix match consumed; null = path unchanged.</summary>
    public string? Prefix { get; init; }

    /// <summary>Regular expression over the normalised path, with <see cref="Replacement"/> ($1, ${name}); null = none.</summary>
    public string? Regex { get; init; }

    public string? Replacement { get; init; }

    /// <summary>Query parameters to set (replacing all of that name) and to remove.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> SetQuery { get; init; } = [];

    public IReadOnlyList<string> RemoveQuery { get; init; } = [];
}

public enum HeaderEditKind : byte
{
    /// <summary>Replaces all fields of that name by one.</summary>
    Set,
    Add,
    Remove,

    /// <summary>Adds only when no field of that name is present.</summary>
    Default,
}

/// <summary>One edit of a head. The value may hold the placeholders of <c>ValueTemplate</c>, e.g. "%{client-ip}".</summary>
public sealed record HeaderEdit(HeaderEditKind Kind, string Name, string Value = "");

/// <summary>What goes into the Host field towards an origin.</summary>
public enum HostPolicy : byte
{
    /// <summary>Host and port of the member's URL.</summary>
    Member,

    /// <summary>What the client sent.</summary>
    Preserve,

    /// <summary>A fixed value.</summary>
    Fixed,
}

/// <summary>What inbound forwarding fields mean and which outbound ones are written.</summary>
public sealed record ForwardingRule
{
    /// <summary>Peers whose inbound X-Forwarded-*, Forwarded and X-Real-IP are believed and extended; everybody else's are stripped.</summary>
    public IReadOnlyList<Topology.AddressRange> Trusted { get; init; } = [];

    public bool XForwardedFor { get; init; } = true;

    public bool XForwardedProto { get; init; } = true;

    public bool XForwardedHost { get; init; } = true;

    public bool XForwardedPort { get; init; }

    public bool XRealIp { get; init; }

    /// <summary>RFC 7239 Forwarded.</summary>
    public bool Forwarded { get; init; }

    /// <summary>Pseudonym in Via, or empty for no Via.</summary>
    public string Via { get; init; } = "proxy";

    /// <summary>X-Request-Id: made up unless a trusted peer sent one; empty header name = off.</summary>
    public bool RequestId { get; init; } = true;
}

/// <summary>A redirect answered by the proxy itself.</summary>
/// <param name="Status">301, 302, 303, 307 or 308.</param>
/// <param name="Location">Target with placeholders: %{scheme} %{host} %{path} %{query} %{uri} and captures $1.</param>
public sealed record RedirectRule(int Status, string Location);

/// <summary>A fixed answer by the proxy itself.</summary>
public sealed record FixedResponseRule(int Status, string ContentType, string Body);

/// <summary>Rewrites of what an origin says about itself, so that clients stay on the public side (what ProxyPassReverse,
/// ProxyPassReverseCookieDomain and ...CookiePath do). Derived from the route unless given.</summary>
public sealed record ResponseMappingRule
{
    /// <summary>Off leaves all responses alone.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>URL prefixes of origins, scheme://authority + path, which are replaced by the public URL of the route.</summary>
    public IReadOnlyList<string> OriginPrefixes { get; init; } = [];

    /// <summary>Path of the origin side and of the public side, "/" and "/app/" for a route that maps /app/ to /.</summary>
    public string OriginPath { get; init; } = "/";

    public string PublicPath { get; init; } = "/";

    /// <summary>Cookie domains to replace: origin domain to public domain ("" removes the attribute).</summary>
    public IReadOnlyList<KeyValuePair<string, string>> CookieDomains { get; init; } = [];
}
