using Proxy.Cluster.Peers.Codec;
using Proxy.Edge.Replication;

namespace Proxy.Cluster.Peers.Session;

/// <summary>Room in which all streams of a node put entries together, one at a time under the mesh's lock.</summary>
internal sealed class EntryScratch
{
    private ReplicatedEntry[] _shard = new ReplicatedEntry[256];

    public ReplicatedEntry[] Batch { get; } = new ReplicatedEntry[PeerWire.MaxEntries];

    /// <summary>Grows to the largest shard there is.</summary>
    public ref ReplicatedEntry[] Shard => ref _shard;

    public ulong[] Digests { get; } = new ulong[ReplicaTable.Buckets];

    public ushort[] Differing { get; } = new ushort[ReplicaTable.Buckets];
}
