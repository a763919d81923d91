using Proxy.Cluster.Peers.Codec;
using Proxy.Cluster.Peers.Session;
using Proxy.Edge.Replication;

namespace Proxy.Cluster.Peers.Mesh;

/// <summary>Which piece of which table is compared next. A piece is an eighth of a table: small enough to be put
/// together between two batches. Under the mesh's lock.</summary>
internal sealed class DigestPacer(IReadOnlyList<Replica> replicas, MeshOptions options)
{
    private const int SlicesPerTable = 8;
    private const int BucketsPerSlice = ReplicaTable.Buckets / SlicesPerTable;

    private int _next;
    private long _due;

    public int Slices => SlicesPerTable * replicas.Count;

    /// <summary>The next slice, when it is time for it: -1 when not.</summary>
    public int TakeDue(long monotonic)
    {
        if (monotonic < _due || replicas.Count == 0)
        {
            return -1;
        }

        _due = monotonic + ((long)options.DigestInterval.TotalMilliseconds / Slices);
        int slice = _next;
        _next = (_next + 1) % Slices;
        return slice;
    }

    /// <param name="wall">Milliseconds since 1970.</param>
    public FrameBuffer Encode(int slice, long wall, EntryScratch scratch)
    {
        Replica replica = replicas[slice / SlicesPerTable];
        var range = new DigestRange(
            replica.Id,
            (ushort)(slice % SlicesPerTable * BucketsPerSlice),
            BucketsPerSlice,
            Stamp.At(wall - (long)options.Settle.TotalMilliseconds),
            // Nodes sweep by their own clocks, which differ.
            (uint)((wall + (2 * (long)options.MaxClockDrift.TotalMilliseconds)) / 1000));
        Span<ulong> digests = scratch.Digests.AsSpan(0, BucketsPerSlice);
        replica.Table.Digest(
            range.FirstBucket, range.WrittenBefore, range.ExpiringAfter, digests, ref scratch.Shard);
        return DigestFrames.Encode(range, digests);
    }
}
