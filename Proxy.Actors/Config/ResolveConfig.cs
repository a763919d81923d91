namespace Proxy.Actors.Config;

/// <summary>For members whose URL has a name instead of an address.</summary>
public sealed record ResolveConfig
{
    /// <summary>How often the name is looked up again. When that fails, the last known addresses stay.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);
}
