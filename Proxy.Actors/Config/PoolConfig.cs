using Proxy.Edge.Snapshot;

namespace Proxy.Actors.Config;

/// <summary>Members that can answer the same requests, and how one of them is chosen and watched.</summary>
public sealed record PoolConfig
{
    public string Name { get; init; } = "";

    /// <summary>Name of a balancing method.</summary>
    public string Balance { get; init; } = "round-robin";

    public ConfigList<MemberConfig> Members { get; init; } = [];

    public HealthConfig Health { get; init; } = new();

    /// <summary>How long a member that came back takes to reach its full weight; zero = at once.</summary>
    public TimeSpan SlowStart { get; init; }

    /// <summary>What a member is taken for before the first health check said anything.</summary>
    public InitialState InitialState { get; init; } = InitialState.Up;

    public AffinityConfig Affinity { get; init; } = new();

    public RetryPlan Retry { get; init; } = new();

    public OriginTimeouts Timeouts { get; init; } = new();

    public ReusePlan Reuse { get; init; } = new();

    /// <summary>What is spoken to members.</summary>
    public OriginProtocol Protocol { get; init; }

    /// <summary>For members with an https URL.</summary>
    public OriginTlsConfig Tls { get; init; } = new();

    public ResolveConfig Resolve { get; init; } = new();
}

public enum InitialState
{
    Up,
    Down,
}
