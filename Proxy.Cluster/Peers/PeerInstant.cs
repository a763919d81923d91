namespace Proxy.Cluster.Peers;

/// <summary>Now, by both clocks: time-outs go by the one that cannot jump, stamps by the one all nodes share.</summary>
/// <param name="Monotonic">Milliseconds since any moment.</param>
/// <param name="Wall">Milliseconds since 1970.</param>
internal readonly record struct PeerInstant(long Monotonic, long Wall);
