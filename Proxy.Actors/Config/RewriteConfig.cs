namespace Proxy.Actors.Config;

/// <summary>How the target is changed on its way to the origin. A prefix or a regular expression, not both.</summary>
public sealed record RewriteConfig
{
    /// <summary>Replaces what the route's path prefix matched; null = path unchanged.</summary>
    public string? Prefix { get; init; }

    public string? Regex { get; init; }

    public string? Replacement { get; init; }

    public QueryRewriteConfig Query { get; init; } = new();
}

/// <summary>Parameters to set (replacing all of that name) and to remove.</summary>
public sealed record QueryRewriteConfig
{
    public ConfigList<NamedText> Set { get; init; } = [];

    public ConfigList<string> Remove { get; init; } = [];
}
