namespace Proxy.Cluster.Membership;

/// <summary>On which side of a cut network a node is that the engine does not answer. The engine answers on the majority's
/// side only, but it may as well be gone for all: so the members count that reach each other, and the loss of the engine
/// takes no address from anybody.</summary>
internal static class ClusterMajority
{
    /// <param name="members">Names of those that run what is configured, as it was last known; this node among
    /// them.</param>
    /// <param name="reached">Names of the peers it speaks with.</param>
    public static bool Includes(IReadOnlyCollection<string> members, IEnumerable<string> reached) =>
        (1 + reached.Intersect(members).Count()) * 2 > members.Count;
}
