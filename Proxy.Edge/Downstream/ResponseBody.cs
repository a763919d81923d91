using Proxy.Edge.Buffers;
using Proxy.Edge.Engine;
using Proxy.Edge.Http1;

namespace Proxy.Edge.Downstream;

/// <summary>Puts response bytes on the wire with as few sends as possible.</summary>
internal static class ResponseBody
{
    private static readonly byte[] PinnedLastChunk = Pinned(ChunkedEncoder.LastChunk);

    /// <summary>Sends a head and the first part of its body. The bytes before the body are spent, so where there is
    /// room the head is put directly in front of it and both leave in one send.</summary>
    public static void SendWithHead(Channel channel, byte[] head, int length, byte[] buffer, int start, int count)
    {
        if (count > 0 && start >= length)
        {
            Buffer.BlockCopy(head, 0, buffer, start - length, length);
            channel.Send(buffer, start - length, length + count);
        }
        else
        {
            channel.Send(head, 0, length);
            channel.Send(buffer, start, count);
        }
    }

    /// <summary>Frames a run of payload as a chunk where it lies, and ends the body when it was the last.</summary>
    /// <returns>Where the framed run is; the buffer may be another one.</returns>
    public static (byte[] Buffer, int Start, int Count) Encode(byte[] buffer, int start, int count, bool done)
    {
        if (count == 0)
        {
            return done ? (PinnedLastChunk, 0, PinnedLastChunk.Length) : (buffer, start, 0);
        }

        int header = ChunkedEncoder.HeaderLength(count);
        ChunkedEncoder.WriteHeader(buffer.AsSpan(start - header), count);
        int end = start + count;
        ChunkedEncoder.ChunkEnd.CopyTo(buffer.AsSpan(end));
        end += ChunkedEncoder.ChunkEnd.Length;
        if (done)
        {
            ChunkedEncoder.LastChunk.CopyTo(buffer.AsSpan(end));
            end += ChunkedEncoder.LastChunk.Length;
        }

        return (buffer, start - header, end - start + header);
    }

    /// <summary>Sends an answer of the proxy's own: the head in <paramref name="scratch"/>, then the body.</summary>
    public static void SendLocal(
        Channel channel, BufferPool buffers, byte[] scratch, int length, ReadOnlySpan<byte> body)
    {
        if (body.TryCopyTo(scratch.AsSpan(length)))
        {
            channel.Send(scratch, 0, length + body.Length);
            return;
        }

        channel.Send(scratch, 0, length);
        byte[] copy = buffers.Rent(body.Length);
        body.CopyTo(copy);
        channel.Send(copy, 0, body.Length);
        buffers.Return(copy);
    }

    private static byte[] Pinned(ReadOnlySpan<byte> bytes)
    {
        byte[] array = GC.AllocateUninitializedArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(array);
        return array;
    }
}
