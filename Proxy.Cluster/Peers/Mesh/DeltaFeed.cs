using Proxy.Cluster.Peers.Codec;
using Proxy.Cluster.Peers.Session;
using Proxy.Edge.Replication;

namespace Proxy.Cluster.Peers.Mesh;

/// <summary>Turns what this node wrote to one table into frames, once for all peers. Under the mesh's lock.</summary>
internal sealed class DeltaFeed(Replica replica)
{
    /// <summary>Batches per call, so that a storm of writes does not keep the lock.</summary>
    private const int MaxBatches = 16;

    /// <summary>Where the next frame begins.</summary>
    public long Position { get; private set; } = replica.Journal.Head;

    public bool HasMore => replica.Journal.Head > Position;

    /// <summary>Answers how many entries were written since the last time.</summary>
    public long Send(IReadOnlyList<PeerSession> live, EntryScratch scratch)
    {
        long before = Position;
        for (int batch = 0; batch < MaxBatches && HasMore; batch++)
        {
            int count = live.Count == 0 ? -1 : replica.Journal.Read(Position, scratch.Batch);
            if (count < 0)
            {
                // Nobody to send to, or overtaken: every peer's own cursor says what it still needs.
                Position = replica.Journal.Head;
                break;
            }

            FrameBuffer frame = EntryFrames.Encode(
                FrameType.Deltas, replica.Id, Position, scratch.Batch.AsSpan(0, count));
            foreach (PeerSession session in live)
            {
                session.SenderOf(replica.Id)!.Offer(frame, Position, count, session.Outbox);
            }

            frame.Release();
            Position += count;
        }

        return Position - before;
    }
}
