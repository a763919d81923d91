namespace Proxy.Cluster.Peers;

/// <summary>Who this node is to its peers.</summary>
/// <param name="Cluster">Only nodes of one cluster talk to each other.</param>
/// <param name="Incarnation">Larger after every start.</param>
internal sealed record PeerIdentity(string Cluster, string Node, long Incarnation);
