namespace Proxy.Cluster.Peers;

/// <summary>Where a peer can be reached.</summary>
/// <param name="Address">host:port or [ipv6]:port.</param>
/// <param name="Node">Its name; null for a seed, of which only the address is known.</param>
internal sealed record PeerTarget(string Address, string? Node = null);
