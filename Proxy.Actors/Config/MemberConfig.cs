using Proxy.Edge.Topology;

namespace Proxy.Actors.Config;

/// <summary>One origin of a pool.</summary>
public sealed record MemberConfig
{
    /// <summary>Unique in the pool.</summary>
    public string Name { get; init; } = "";

    public MemberUrl Url { get; init; } = MemberUrl.None;

    /// <summary>Share of traffic relative to the other members of the pool, 0 to 1,000,000; 0 = sticky requests
    /// only.</summary>
    public int Weight { get; init; } = 100;

    /// <summary>Requests in flight from this node; 0 = no limit.</summary>
    public int MaxConnections { get; init; }

    /// <summary>Requests in flight from all nodes of the cluster together; 0 = no limit.</summary>
    public int MaxConnectionsCluster { get; init; }

    /// <summary>As written; what counts is <see cref="EffectiveRole"/>.</summary>
    public MemberRole Role { get; init; } = MemberRole.Primary;

    /// <summary>Lower sets are used first; a higher one only while no member of a lower one can answer.</summary>
    public int Set { get; init; }

    /// <summary>What affinity calls the member; empty = its name.</summary>
    public string Route { get; init; } = "";

    /// <summary>State to start with; an operator changes it at run time.</summary>
    public MemberFlags State { get; init; }

    /// <summary>The role, with Apache's letters R and H in <see cref="State"/> counted in; R wins over H.</summary>
    public MemberRole EffectiveRole => RoleOf(State, Role);

    /// <summary>What this node may have in flight even when it is alone; 0 = no limit.</summary>
    public int EffectiveMaxConnections =>
        MaxConnections == 0 ? MaxConnectionsCluster
        : MaxConnectionsCluster == 0 ? MaxConnections
        : Math.Min(MaxConnections, MaxConnectionsCluster);

    /// <summary>What the letters R and H make of a member; spare wins over standby when an operator set both.</summary>
    public static MemberRole RoleOf(MemberFlags flags, MemberRole otherwise) =>
        (flags & MemberFlags.Spare) != 0 ? MemberRole.Spare
        : (flags & MemberFlags.Standby) != 0 ? MemberRole.Standby
        : otherwise;

    public string EffectiveRoute => Route.Length == 0 ? Name : Route;
}
