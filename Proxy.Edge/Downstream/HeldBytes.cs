using Proxy.Edge.Buffers;
using Proxy.Edge.Engine;

namespace Proxy.Edge.Downstream;

/// <summary>Input of a connection that cannot be used yet: part of a head, or requests behind the one in hand. Owns
/// a buffer only while it holds something. A value inside its connection.</summary>
internal struct HeldBytes
{
    private byte[]? _buffer;
    private int _start;
    private int _count;

    public readonly bool IsEmpty => _count == 0;

    public readonly int Length => _count;

    public readonly byte[] Buffer => _buffer!;

    public readonly int Start => _start;

    public void Add(BufferPool buffers, byte[] source, int start, int count)
    {
        if (count == 0)
        {
            return;
        }

        if (_buffer is null || _start + _count + count + Channel.Tailroom > _buffer.Length)
        {
            byte[] larger = buffers.Rent(Math.Max(2048, (_count + count + Channel.Tailroom) * 2));
            if (_buffer is not null)
            {
                System.Buffer.BlockCopy(_buffer, _start, larger, 0, _count);
                buffers.Return(_buffer);
            }

            _buffer = larger;
            _start = 0;
        }

        System.Buffer.BlockCopy(source, start, _buffer, _start + _count, count);
        _count += count;
    }

    /// <summary>The first bytes were used. The buffer stays valid until <see cref="Trim"/>.</summary>
    public void Take(int count)
    {
        _start += count;
        _count -= count;
    }

    /// <summary>Gives the buffer back when nothing is left in it.</summary>
    public void Trim(BufferPool buffers)
    {
        if (_count == 0 && _buffer is not null)
        {
            buffers.Return(_buffer);
            _buffer = null;
            _start = 0;
        }
    }

    public void Drop(BufferPool buffers)
    {
        _count = 0;
        Trim(buffers);
    }
}
