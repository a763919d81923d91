namespace Proxy.Edge.Http1;

/// <summary>Frames a run of payload as a chunk where it lies.</summary>
internal static class ChunkFrame
{
    /// <summary>Most bytes written behind the payload.</summary>
    public const int MaxBehind = 8;

    private static readonly byte[] PinnedLastChunk = Pinned(ChunkedEncoder.LastChunk);

    /// <summary>Writes at most <see cref="ChunkedEncoder.MaxHeaderBytes"/> in front of the payload and
    /// <see cref="MaxBehind"/> behind it. <paramref name="done"/> ends the body.</summary>
    /// <returns>Where the framed run is; the buffer may be another one.</returns>
    public static (byte[] Buffer, int Start, int Count) Around(byte[] buffer, int start, int count, bool done)
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

    private static byte[] Pinned(ReadOnlySpan<byte> bytes)
    {
        byte[] array = GC.AllocateUninitializedArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(array);
        return array;
    }
}
