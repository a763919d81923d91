using Proxy.Cluster.Peers.Blobs;
using Proxy.Cluster.Peers.Codec;
using Proxy.Cluster.Peers.Session;
using Proxy.Edge.Replication;

namespace Proxy.Cluster.Peers.Mesh;

/// <summary>What a peer that was let in sends of its tables, blobs and clock. Under the mesh's lock.</summary>
internal sealed class DataFrames(BlobReplica blobs, EntryScratch scratch, Action<MeshEffect> effect)
{
    /// <summary>Entries per tenth of a second from which on differences of digests are taken for traffic.</summary>
    private const int BusyEntries = 100;

    private long _entries;
    private bool _busy;

    public void Written(long entries) => _entries += entries;

    public void Tick()
    {
        _busy = _entries > BusyEntries;
        _entries = 0;
    }

    /// <summary>False ends the connection.</summary>
    public bool TryHandle(
        PeerSession session, FrameType type, ReadOnlySpan<byte> payload, PeerInstant now, PeerIdentity self) =>
        type switch
        {
            FrameType.Resume => TryResume(session, payload, self),
            FrameType.Deltas => TryTakeDeltas(session, payload, now),
            FrameType.Entries => TryTakeEntries(session, payload, now),
            FrameType.SnapshotEnd => TryEndSnapshot(session, payload),
            FrameType.Ack => TryTakeAck(session, payload),
            FrameType.Digest => TryCompare(session, payload),
            FrameType.BucketRequest => TryRepair(session, payload),
            FrameType.BlobIndex => TrySendBlobs(session, payload),
            FrameType.Blob => TryTakeBlob(payload, now),
            FrameType.Ping => TryAnswer(session, payload, now),
            FrameType.Pong => TryMeasure(session, payload, now),
            _ => false,
        };

    private static bool TryResume(PeerSession session, ReadOnlySpan<byte> payload, PeerIdentity self)
    {
        if (Resume.Decode(payload) is not { } resume)
        {
            return false;
        }

        foreach (TableCursor cursor in resume.Cursors)
        {
            // A table that only the other version has is left alone.
            if (session.SenderOf(cursor.Table) is { Started: false } sender)
            {
                sender.Begin(cursor.Cursor, resume.Incarnation == self.Incarnation);
            }
        }

        return true;
    }

    private bool TryTakeDeltas(PeerSession session, ReadOnlySpan<byte> payload, PeerInstant now)
    {
        if (!EntryFrames.TryDecode(
            payload, out byte table, out long sequence, out ReadOnlySpan<ReplicatedEntry> entries))
        {
            return false;
        }

        _entries += entries.Length;
        return session.ReceiverOf(table) is not { } receiver
            || receiver.TryTake(sequence, entries, now.Wall, out _);
    }

    private static bool TryTakeEntries(PeerSession session, ReadOnlySpan<byte> payload, PeerInstant now)
    {
        if (!EntryFrames.TryDecode(payload, out byte table, out _, out ReadOnlySpan<ReplicatedEntry> entries))
        {
            return false;
        }

        session.ReceiverOf(table)?.TakeCopies(entries, now.Wall);
        return true;
    }

    private static bool TryEndSnapshot(PeerSession session, ReadOnlySpan<byte> payload)
    {
        bool ok = EntryFrames.TryDecodeCursor(payload, out TableCursor cursor);
        if (ok)
        {
            session.ReceiverOf(cursor.Table)?.SnapshotEnded(cursor.Cursor);
        }

        return ok;
    }

    private static bool TryTakeAck(PeerSession session, ReadOnlySpan<byte> payload)
    {
        bool ok = EntryFrames.TryDecodeCursor(payload, out TableCursor cursor);
        if (ok)
        {
            session.SenderOf(cursor.Table)?.TryAcknowledge(cursor.Cursor);
        }

        return ok;
    }

    private bool TryCompare(PeerSession session, ReadOnlySpan<byte> payload)
    {
        if (!DigestFrames.TryDecode(payload, out DigestRange range, out ReadOnlySpan<ulong> digests))
        {
            return false;
        }

        if (session.ReceiverOf(range.Table) is { AwaitsSnapshot: false } receiver)
        {
            ReadOnlySpan<ushort> differing = receiver.Compare(range, digests, _busy, scratch);
            if (!differing.IsEmpty)
            {
                session.Outbox.Add(DigestFrames.EncodeRequest(range.Table, differing));
            }
        }

        return true;
    }

    private static bool TryRepair(PeerSession session, ReadOnlySpan<byte> payload)
    {
        bool ok = DigestFrames.TryDecodeRequest(payload, out byte table, out ReadOnlySpan<ushort> buckets);
        if (ok)
        {
            session.SenderOf(table)?.Repair(buckets);
        }

        return ok;
    }

    private bool TrySendBlobs(PeerSession session, ReadOnlySpan<byte> payload)
    {
        if (BlobFrames.DecodeIndex(payload) is not { } index)
        {
            return false;
        }

        foreach (FrameBuffer frame in blobs.NewerThan(index))
        {
            if (session.Outbox.IsHigh)
            {
                frame.Release();
            }
            else
            {
                session.Outbox.Add(frame);
            }
        }

        return true;
    }

    private bool TryTakeBlob(ReadOnlySpan<byte> payload, PeerInstant now)
    {
        if (!BlobFrames.TryDecode(payload, out BlobVersion version, out byte[]? content))
        {
            return false;
        }

        if (blobs.Apply(version, content, now.Wall))
        {
            effect(new MeshEffect.BlobChanged(version.Name));
        }

        return true;
    }

    private static bool TryAnswer(PeerSession session, ReadOnlySpan<byte> payload, PeerInstant now)
    {
        bool ok = Ping.TryDecode(payload, out Ping ping);
        if (ok)
        {
            session.ClockOffset = ping.Wall - now.Wall;
            // A peer that asks without end and does not read would fill the outbox.
            if (!session.Outbox.IsHigh)
            {
                session.Outbox.Add(new Ping(ping.Token, now.Wall).Encode(FrameType.Pong));
            }
        }

        return ok;
    }

    private static bool TryMeasure(PeerSession session, ReadOnlySpan<byte> payload, PeerInstant now)
    {
        bool ok = Ping.TryDecode(payload, out Ping pong);
        session.RoundTrip = ok ? Math.Max(0, now.Monotonic - pong.Token) : session.RoundTrip;
        return ok;
    }
}
