namespace Proxy.Edge.Affinity;

/// <summary>When the Secure attribute is set on an issued cookie.</summary>
public enum CookieSecurity : byte
{
    /// <summary>When the client's connection is encrypted.</summary>
    Auto,
    Always,
    Never,
}

/// <summary>The SameSite attribute of an issued cookie.</summary>
public enum CookieSameSite : byte
{
    /// <summary>The attribute is left out.</summary>
    Unspecified,
    Lax,
    Strict,

    /// <summary>Sent on cross-site requests too; browsers demand Secure with it.</summary>
    None,
}

/// <summary>How a cookie binds a client to a member.</summary>
public sealed record CookieAffinityOptions
{
    /// <summary>Exact, case-sensitive.</summary>
    public string Name { get; init; } = "ROUTEID";

    public string Path { get; init; } = "/";

    /// <summary>Null = only the host that set it.</summary>
    public string? Domain { get; init; }

    public CookieSecurity Secure { get; init; }

    public bool HttpOnly { get; init; } = true;

    public CookieSameSite SameSite { get; init; } = CookieSameSite.Lax;

    /// <summary>Null = until the browser ends.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>What stands before the route: the route is the text after the first separator ("id.route", ".route"). Null = the
    /// whole value is the route.</summary>
    public char? Separator { get; init; } = '.';

    /// <summary>Take a value without the separator as a route as well. Apache ignores such a value; set this to false to do
    /// the same.</summary>
    public bool AcceptBareRoute { get; init; } = true;

    /// <summary>Hand out the cookie. False when an application sets it (JSESSIONID=id.route) and it is only read here.</summary>
    public bool Issue { get; init; } = true;

    /// <summary>What is wrong with these options, or null. Values go into a header line, so anything that could end it is
    /// refused.</summary>
    public string? Problem()
    {
        if (Name.Length == 0 || !Name.All(CookieText.IsTokenChar))
        {
            return $"cookie name '{Name}' is not a token (letters, digits and !#$%&'*+-.^_`|~)";
        }

        if (!Path.StartsWith('/') || !Path.All(CookieText.IsAttributeChar))
        {
            return $"cookie path '{Path}' must start with '/' and contain neither ';' nor control characters";
        }

        if (Domain is not null && (Domain.Length == 0 || !Domain.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-')))
        {
            return $"cookie domain '{Domain}' is not a host name";
        }

        if (MaxAge is { } age && age < TimeSpan.FromSeconds(1))
        {
            return "cookie max-age must be at least one second";
        }

        if (Separator is { } separator && !CookieText.IsValueChar(separator))
        {
            return $"cookie separator '{separator}' cannot stand in a cookie value";
        }

        return SameSite == CookieSameSite.None && Secure == CookieSecurity.Never
            ? "same-site = none needs secure = auto or always: browsers refuse such a cookie otherwise"
            : null;
    }
}
