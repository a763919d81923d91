namespace Proxy.Actors.Config;

/// <summary>What the operator wants, as read from a file, without anything derived. Equality is by content all the way
/// down.</summary>
public sealed record ProxyConfig
{
    public NodeConfig Node { get; init; } = new();

    public ConfigList<ListenerConfig> Listeners { get; init; } = [];

    /// <summary>First match wins.</summary>
    public ConfigList<RouteConfig> Routes { get; init; } = [];

    /// <summary>In order of the file; names are unique.</summary>
    public ConfigList<PoolConfig> Pools { get; init; } = [];

    /// <summary>Null = certificates come from files only.</summary>
    public AcmeConfig? Acme { get; init; }

    public ManagementConfig Management { get; init; } = new();

    public ClusterConfig Cluster { get; init; } = new();

    /// <summary>Virtual routers; empty = this node holds no virtual addresses.</summary>
    public ConfigList<VipConfig> Vips { get; init; } = [];

    public VipGuardConfig VipGuard { get; init; } = new();

    public VipPlacementConfig VipPlacement { get; init; } = new();
}
