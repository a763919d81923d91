using Proxy.Edge.Buffers;

namespace Proxy.Edge.Tls;

/// <summary>Bytes that have to wait: received while paused, or sent before the handshake is done. Owns a buffer only
/// while it holds something. A value inside its channel.</summary>
internal struct KeptBytes
{
    private byte[]? _buffer;

    public int Count { get; private set; }

    public readonly ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, Count);

    public void Add(BufferPool buffers, ReadOnlySpan<byte> bytes)
    {
        byte[] larger = buffers.Rent(Count + bytes.Length);
        if (_buffer is not null)
        {
            Buffer.BlockCopy(_buffer, 0, larger, 0, Count);
            buffers.Return(_buffer);
        }

        bytes.CopyTo(larger.AsSpan(Count));
        _buffer = larger;
        Count += bytes.Length;
    }

    /// <summary>Hands over what is kept; whoever takes it returns the buffer. Null when there is nothing.</summary>
    public byte[]? Take(out int count)
    {
        byte[]? taken = _buffer;
        count = Count;
        this = default;
        return taken;
    }

    public void Drop(BufferPool buffers)
    {
        if (_buffer is not null)
        {
            buffers.Return(_buffer);
        }

        this = default;
    }
}
