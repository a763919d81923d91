namespace Proxy.Cluster.Membership;

/// <summary>Where a cluster's things are in the engine. The prefix is the cluster's name, so clusters may share an
/// engine.</summary>
/// <param name="Cluster">Letters, digits, dots, dashes, underscores.</param>
internal sealed record ClusterKeys(string Cluster)
{
    /// <summary>Everything that membership watches.</summary>
    public string Membership => $"{Cluster}/node/";

    /// <summary>The cluster's own record; never deleted.</summary>
    public string Identity => $"{Cluster}/node/cluster";

    /// <summary>Records of members: no lease, so that a dead one stays to be seen until it is removed.</summary>
    public string Members => $"{Cluster}/node/members/";

    /// <summary>Signs of life: on the node's lease.</summary>
    public string Pulses => $"{Cluster}/node/alive/";

    /// <summary>Everything about singletons.</summary>
    public string Ownership => $"{Cluster}/owner";

    /// <summary>Ownerships: on the owner's lease; the revision that put one there is its fencing token. Written only
    /// when the owner changes.</summary>
    public string Owners => $"{Cluster}/owner/";

    /// <summary>Who shall be next, written by an owner that hands over; on its lease.</summary>
    public string Nominees => $"{Cluster}/owner-next/";

    public string Member(string node) => Members + node;

    public string Pulse(string node) => Pulses + node;

    public string Owner(string singleton) => Owners + singleton;

    public string Nominee(string singleton) => Nominees + singleton;
}
