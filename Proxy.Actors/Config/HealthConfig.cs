namespace Proxy.Actors.Config;

/// <summary>How the members of a pool are watched. Without <see cref="Active"/> a member is up until requests
/// fail.</summary>
public sealed record HealthConfig
{
    /// <summary>Null = no checks are sent.</summary>
    public ActiveHealthConfig? Active { get; init; }

    public PassiveHealthConfig Passive { get; init; } = new();
}
