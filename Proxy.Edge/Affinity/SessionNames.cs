namespace Proxy.Edge.Affinity;

/// <summary>Where an application keeps the id of a session; at least one place.</summary>
public sealed record SessionNames
{
    /// <summary>Cookie, exact and case-sensitive; empty = none.</summary>
    public string Cookie { get; init; } = "JSESSIONID";

    /// <summary>Field of requests and responses; empty = none.</summary>
    public string Header { get; init; } = "";

    /// <summary>Parameter of the path (";jsessionid=") or the query, case-sensitive; empty = none.</summary>
    public string Parameter { get; init; } = "jsessionid";

    /// <summary>What is wrong with these names, or null.</summary>
    public string? Problem() =>
        Cookie.Length + Header.Length == 0 ? "one of name and header must be given: sessions are learned from responses"
        : !Cookie.All(CookieText.IsTokenChar) ? $"cookie name '{Cookie}' is not a token"
        : !Header.All(CookieText.IsTokenChar) ? $"header name '{Header}' is not a token"
        : !Parameter.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? $"parameter name '{Parameter}' has characters other than letters, digits and -_."
        : null;
}
