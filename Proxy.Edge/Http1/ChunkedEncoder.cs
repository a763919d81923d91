using System.Numerics;

namespace Proxy.Edge.Http1;

/// <summary>Writes the framing of chunks (RFC 9112 §7.1). The payload is not touched: with
/// <see cref="MaxHeaderBytes"/> free before it and <see cref="ChunkEnd"/>.Length behind it, a run that was received is
/// framed where it lies, the header going to [payload - HeaderLength(size) .. payload).</summary>
public static class ChunkedEncoder
{
    /// <summary>Longest header: sixteen digits and CRLF.</summary>
    public const int MaxHeaderBytes = 18;

    /// <summary>Follows the payload of every chunk.</summary>
    public static ReadOnlySpan<byte> ChunkEnd => "\r\n"u8;

    /// <summary>The last chunk and an empty trailer section.</summary>
    public static ReadOnlySpan<byte> LastChunk => "0\r\n\r\n"u8;

    /// <summary>Bytes that <see cref="WriteHeader"/> writes for a chunk of this size (&gt; 0: an empty chunk would end
    /// the body).</summary>
    public static int HeaderLength(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        return ((BitOperations.Log2((ulong)size) + 4) / 4) + 2;
    }

    /// <summary>Writes size and CRLF to the front of <paramref name="destination"/> and returns their length.</summary>
    public static int WriteHeader(Span<byte> destination, long size)
    {
        int length = HeaderLength(size);
        for (int i = length - 3; i >= 0; i--)
        {
            destination[i] = "0123456789abcdef"u8[(int)(size & 15)];
            size >>= 4;
        }

        destination[length - 2] = (byte)'\r';
        destination[length - 1] = (byte)'\n';
        return length;
    }
}
