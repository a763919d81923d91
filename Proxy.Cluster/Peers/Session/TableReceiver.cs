using Proxy.Cluster.Peers.Codec;
using Proxy.Edge.Replication;

namespace Proxy.Cluster.Peers.Session;

/// <summary>What one peer sends of one table. Under the mesh's lock.</summary>
internal sealed class TableReceiver(Replica replica)
{
    /// <summary>While much is written, something of nearly every other bucket is on its way; so often in a row that is
    /// no longer by chance.</summary>
    private const int BusyDifferences = 4;

    private readonly byte[] _differed = new byte[ReplicaTable.Buckets];
    private long _acknowledged = -1;

    public byte Table => replica.Id;

    /// <summary>How much of the peer's journal was applied; -1 before the peer said where it begins.</summary>
    public long Cursor { get; private set; } = -1;

    /// <summary>A whole snapshot was asked for and is on its way.</summary>
    public bool AwaitsSnapshot { get; private set; }

    /// <summary>Where the peer will go on; negative when it has to say so itself.</summary>
    public void Expect(long cursor)
    {
        Cursor = Math.Max(-1, cursor);
        _acknowledged = Cursor;
        AwaitsSnapshot = cursor == TableCursor.Snapshot;
    }

    /// <summary>False when entries are missing in between: an error of the peer.</summary>
    public bool TryTake(long sequence, ReadOnlySpan<ReplicatedEntry> entries, long wall, out ApplyCounts counts)
    {
        counts = default;
        if (sequence != Cursor)
        {
            return false;
        }

        counts = replica.Apply(entries, wall);
        Cursor += entries.Length;
        return true;
    }

    /// <summary>A piece of a snapshot or of a repair, in no order.</summary>
    public void TakeCopies(ReadOnlySpan<ReplicatedEntry> entries, long wall) => replica.Apply(entries, wall);

    public void SnapshotEnded(long cursor)
    {
        Cursor = cursor;
        AwaitsSnapshot = false;
    }

    /// <summary>What to acknowledge, if anything is new.</summary>
    public bool TryAcknowledge(out TableCursor cursor)
    {
        cursor = new TableCursor(Table, Cursor);
        bool any = Cursor > _acknowledged;
        _acknowledged = Cursor;
        return any;
    }

    /// <summary>Which buckets to ask for again. While much is written, two nodes differ all the time by what is on its
    /// way: then only what differs several times in a row.</summary>
    public ReadOnlySpan<ushort> Compare(
        DigestRange range, ReadOnlySpan<ulong> theirs, bool busy, EntryScratch scratch)
    {
        Span<ulong> ours = scratch.Digests.AsSpan(0, range.Count);
        replica.Table.Digest(
            range.FirstBucket, range.WrittenBefore, range.ExpiringAfter, ours, ref scratch.Shard);
        int count = 0;
        for (int i = 0; i < ours.Length; i++)
        {
            int bucket = range.FirstBucket + i;
            _differed[bucket] = ours[i] == theirs[i] ? (byte)0 : (byte)(_differed[bucket] + 1);
            if (_differed[bucket] >= (busy ? BusyDifferences : 1))
            {
                _differed[bucket] = 0;
                scratch.Differing[count++] = (ushort)bucket;
            }
        }

        return scratch.Differing.AsSpan(0, count);
    }
}
