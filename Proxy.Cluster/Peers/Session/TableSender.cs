using System.Collections;
using Proxy.Cluster.Peers.Codec;
using Proxy.Edge.Replication;

namespace Proxy.Cluster.Peers.Session;

/// <summary>What one peer gets of one table. Usually it takes part in what is encoded once for everybody; after a
/// pause it catches up from the journal by its cursor; when the journal no longer goes back that far, it gets
/// everything again. Under the mesh's lock.</summary>
internal sealed class TableSender(Replica replica)
{
    /// <summary>Entries: more than a second's worth. Half of the journal, so that it is not overtaken on the way.
    /// </summary>
    private const int MostTail = 1 << 16;

    private readonly BitArray _repairs = new(ReplicaTable.Buckets);
    private int _repairsLeft;
    private int _nextRepair;
    private int _nextShard = ReplicaTable.Shards;
    private bool _snapshotEndOwed;

    public byte Table => replica.Id;

    /// <summary>What the peer will have once all that is queued has arrived.</summary>
    public long Cursor { get; private set; }

    public long Acknowledged { get; private set; }

    public long Snapshots { get; private set; }

    public long Repairs { get; private set; }

    public bool Started { get; private set; }

    /// <summary>Entries written here that the peer has not acknowledged.</summary>
    public long Behind => replica.Journal.Head - Acknowledged;

    /// <summary>The peer has acknowledged all that this node wrote.</summary>
    public bool IsCaughtUp => Started && Acknowledged >= replica.Journal.Head;

    /// <summary>The peer said where to go on.</summary>
    public void Begin(long cursor, bool sameIncarnation)
    {
        Started = true;
        if (sameIncarnation && replica.Journal.Holds(cursor))
        {
            Cursor = cursor;
            Acknowledged = cursor;
        }
        else if (cursor == TableCursor.TailOnly)
        {
            // What this node wrote shortly before may not have reached whoever sends the peer its snapshot.
            Cursor = replica.Journal.Head - Math.Min(replica.Journal.Head, Tail);
            _snapshotEndOwed = true;
        }
        else
        {
            BeginSnapshot();
        }
    }

    public void TryAcknowledge(long cursor) => Acknowledged = Math.Clamp(cursor, Acknowledged, Cursor);

    private long Tail => Math.Min(MostTail, replica.Journal.Capacity / 2);

    /// <summary>Takes part in a frame encoded for everybody, unless the peer is not there yet or reads too slowly.
    /// </summary>
    public void Offer(FrameBuffer frame, long sequence, int count, Outbox outbox)
    {
        if (Started && Cursor == sequence && !outbox.IsHigh && !_snapshotEndOwed)
        {
            outbox.Add(frame.Share());
            Cursor += count;
        }
    }

    public void Repair(ReadOnlySpan<ushort> buckets)
    {
        foreach (ushort bucket in buckets)
        {
            if (!_repairs[bucket])
            {
                _repairs[bucket] = true;
                _repairsLeft++;
            }
        }
    }

    /// <summary>Makes frames as long as the connection has room for them: what the peer missed first.</summary>
    /// <param name="upTo">Where the frames for everybody go on: the peer then takes part in them.</param>
    public void Fill(Outbox outbox, long upTo, EntryScratch scratch)
    {
        while (Started && outbox.IsLow)
        {
            if (_nextShard < ReplicaTable.Shards)
            {
                AddCopies(outbox, scratch, ofShards: true);
            }
            else if (_snapshotEndOwed)
            {
                outbox.Add(EntryFrames.EncodeCursor(FrameType.SnapshotEnd, new TableCursor(Table, Cursor)));
                _snapshotEndOwed = false;
            }
            else if (Cursor < upTo)
            {
                CatchUp(outbox, upTo, scratch);
            }
            else if (_repairsLeft > 0)
            {
                AddCopies(outbox, scratch, ofShards: false);
            }
            else
            {
                return;
            }
        }
    }

    private void BeginSnapshot()
    {
        // The head before the table: what is written meanwhile comes twice rather than never.
        Cursor = replica.Journal.Head;
        _nextShard = 0;
        _snapshotEndOwed = true;
        _repairs.SetAll(false);
        _repairsLeft = 0;
        Snapshots++;
    }

    private void CatchUp(Outbox outbox, long upTo, EntryScratch scratch)
    {
        int most = (int)Math.Min(upTo - Cursor, scratch.Batch.Length);
        int count = replica.Journal.Read(Cursor, scratch.Batch.AsSpan(0, most));
        if (count < 0)
        {
            BeginSnapshot();
            return;
        }

        outbox.Add(EntryFrames.Encode(FrameType.Deltas, Table, Cursor, scratch.Batch.AsSpan(0, count)));
        Cursor += count;
    }

    /// <summary>A frame of shards or of wanted buckets: as many whole ones as fit, or one that is too large for a
    /// frame in several.</summary>
    private void AddCopies(Outbox outbox, EntryScratch scratch, bool ofShards)
    {
        int used = 0;
        for (int next = Next(ofShards); next >= 0; next = Next(ofShards))
        {
            int count = ofShards
                ? replica.Table.Copy(next, ref scratch.Shard)
                : replica.Table.CopyBucket(next, ref scratch.Shard);
            if (used > 0 && used + count > PeerWire.MaxEntries)
            {
                break;
            }

            Taken(next, ofShards);
            if (count > PeerWire.MaxEntries)
            {
                AddLarge(outbox, scratch.Shard.AsSpan(0, count));
                return;
            }

            scratch.Shard.AsSpan(0, count).CopyTo(scratch.Batch.AsSpan(used));
            used += count;
        }

        if (used > 0)
        {
            outbox.Add(EntryFrames.Encode(FrameType.Entries, Table, 0, scratch.Batch.AsSpan(0, used)));
        }
    }

    private void AddLarge(Outbox outbox, ReadOnlySpan<ReplicatedEntry> entries)
    {
        for (int from = 0; from < entries.Length; from += PeerWire.MaxEntries)
        {
            int some = Math.Min(PeerWire.MaxEntries, entries.Length - from);
            outbox.Add(EntryFrames.Encode(FrameType.Entries, Table, 0, entries.Slice(from, some)));
        }
    }

    /// <summary>-1 when there is none.</summary>
    private int Next(bool ofShards)
    {
        if (ofShards)
        {
            return _nextShard < ReplicaTable.Shards ? _nextShard : -1;
        }

        if (_repairsLeft == 0)
        {
            return -1;
        }

        while (!_repairs[_nextRepair])
        {
            _nextRepair = (_nextRepair + 1) % ReplicaTable.Buckets;
        }

        return _nextRepair;
    }

    private void Taken(int place, bool ofShards)
    {
        if (ofShards)
        {
            _nextShard = place + 1;
            return;
        }

        _repairs[place] = false;
        _repairsLeft--;
        Repairs++;
    }
}
