using System.Buffers;

namespace Proxy.Cluster.Peers.Codec;

/// <summary>One encoded frame, header included. Encoded once and queued for many peers: whoever keeps it takes a share,
/// and the last to give it back returns the memory. Not thread-safe: shares change under the mesh's lock.</summary>
internal sealed class FrameBuffer
{
    private int _shares = 1;

    private FrameBuffer(int capacity) => Bytes = ArrayPool<byte>.Shared.Rent(capacity);

    public byte[] Bytes { get; private set; }

    public int Length { get; set; }

    public ReadOnlySpan<byte> Written => Bytes.AsSpan(0, Length);

    public static FrameBuffer Rent(int capacity) => new(capacity);

    public FrameBuffer Share()
    {
        _shares++;
        return this;
    }

    public void Release()
    {
        _shares--;
        if (_shares == 0)
        {
            ArrayPool<byte>.Shared.Return(Bytes);
            Bytes = [];
        }
        else if (_shares < 0)
        {
            throw new InvalidOperationException("a frame was given back twice");
        }
    }
}
