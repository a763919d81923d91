using Proxy.Cluster.Peers.Codec;

namespace Proxy.Cluster.Peers.Session;

/// <summary>Frames that wait for one connection. Whoever makes frames looks at the marks: what is worth waiting for is
/// made when there is little left, what is not is not made. So a peer that does not read costs a bounded amount, and
/// nobody waits for it. Under the mesh's lock.</summary>
internal sealed class Outbox
{
    /// <summary>Under this, snapshots and repairs go on: enough to keep a fast link busy.</summary>
    public const int LowWater = 512 * 1024;

    /// <summary>Over this, the peer no longer gets deltas as they come; it goes on by cursor later.</summary>
    public const int HighWater = 4 * 1024 * 1024;

    private readonly Queue<FrameBuffer> _frames = new();

    /// <summary>Waiting and given to the connection, but not yet sent.</summary>
    public long Bytes { get; private set; }

    public bool IsLow => Bytes < LowWater;

    public bool IsHigh => Bytes >= HighWater;

    public bool HasFrames => _frames.Count > 0;

    /// <summary>Takes over the share.</summary>
    public void Add(FrameBuffer frame)
    {
        _frames.Enqueue(frame);
        Bytes += frame.Length;
    }

    /// <summary>The next frame, whose share belongs to the caller, if it is not larger than that.</summary>
    public FrameBuffer? Take(int maxBytes = int.MaxValue) =>
        _frames.TryPeek(out FrameBuffer? frame) && frame.Length <= maxBytes ? _frames.Dequeue() : null;

    public void Sent(int bytes) => Bytes -= bytes;

    public void Clear()
    {
        while (_frames.TryDequeue(out FrameBuffer? frame))
        {
            frame.Release();
        }

        Bytes = 0;
    }
}
