using Proxy.Edge.Buffers;
using Proxy.Edge.Engine;
using Proxy.Edge.Http1;

namespace Proxy.Edge.Downstream.Http2;

/// <summary>Request body of a stream that nobody wants yet; never more than the stream's window. A value inside its
/// stream.</summary>
internal struct HeldBody
{
    /// <summary>Room for the size of a chunk in front.</summary>
    private const int Front = 32;

    private byte[]? _buffer;
    private int _count;
    private bool _end;
    private byte[]? _trailers;

    public void Add(BufferPool buffers, byte[] source, int start, int count, bool end)
    {
        int needed = Front + _count + count + Channel.Tailroom;
        if (_buffer is null || needed > _buffer.Length)
        {
            byte[] larger = buffers.Rent(Math.Max(4096, needed));
            if (_buffer is not null)
            {
                Buffer.BlockCopy(_buffer, Front, larger, Front, _count);
                buffers.Return(_buffer);
            }

            _buffer = larger;
        }

        Buffer.BlockCopy(source, start, _buffer, Front + _count, count);
        _count += count;
        _end |= end;
    }

    public void AddTrailers(ReadOnlySpan<byte> lines) => _trailers = lines.ToArray();

    /// <summary>Hands out what is held; the caller returns the buffer.</summary>
    public bool Take(out byte[] buffer, out int start, out int count, out bool end)
    {
        buffer = _buffer!;
        start = Front;
        count = _count;
        end = _end;
        _buffer = null;
        _count = 0;
        _end = false;
        return buffer is not null;
    }

    /// <summary>The end of the body with its trailers; they are dropped where the body has a length.</summary>
    public bool TakeTrailers(bool chunked, out byte[] end)
    {
        end = [];
        if (_trailers is null)
        {
            return false;
        }

        if (chunked)
        {
            end = [.. "0\r\n"u8, .. _trailers, .. ChunkedEncoder.ChunkEnd];
        }

        _trailers = null;
        return true;
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
