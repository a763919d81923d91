namespace Proxy.Actors.Config;

/// <summary>A cookie that names the member's route.</summary>
public sealed record CookieAffinityConfig
{
    public string Name { get; init; } = "ROUTEID";

    public string Path { get; init; } = "/";

    /// <summary>Empty = the host that answered.</summary>
    public string Domain { get; init; } = "";

    public CookieSecure Secure { get; init; } = CookieSecure.Auto;

    public bool HttpOnly { get; init; } = true;

    public CookieSameSite SameSite { get; init; } = CookieSameSite.Lax;

    /// <summary>Zero = until the browser closes.</summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>The route is what follows the last one of these in the value (Apache writes ".route"); empty = the whole value.</summary>
    public string Separator { get; init; } = ".";
}

/// <summary>Whether the cookie is marked Secure.</summary>
public enum CookieSecure
{
    /// <summary>When the client's connection is.</summary>
    Auto,
    Always,
    Never,
}

public enum CookieSameSite
{
    /// <summary>No attribute.</summary>
    Off,
    Lax,
    Strict,
    None,
}
