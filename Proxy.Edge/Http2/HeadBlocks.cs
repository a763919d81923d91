using Proxy.Edge.Http;
using Proxy.Edge.Http2.Hpack;

namespace Proxy.Edge.Http2;

/// <summary>Puts heads into the output as HEADERS and, where they are long, CONTINUATION frames.</summary>
internal static class HeadBlocks
{
    /// <summary>What every peer takes (RFC 9113 §4.2).</summary>
    public const int FrameBytes = 16 * 1024;

    /// <summary>Index, length and form of a field in the worst case.</summary>
    private const int FieldOverhead = 18;

    public static void Response(
        ref FrameOutput output, int stream, ResponseHead head, ReadOnlySpan<byte> lines, ReadOnlySpan<byte> more,
        bool endStream)
    {
        int added = lines.Length + more.Length;
        Span<byte> block = output.Reserve(
            FrameHeader.Bytes + head.Length + (2 * added) + (FieldOverhead * (head.FieldCount + 32)) + 64);
        int at = HpackEncoder.WriteStatus(block, FrameHeader.Bytes, head.Status);
        HeaderField[] fields = head.Fields;
        for (int i = 0; i < head.FieldCount; i++)
        {
            if (!fields[i].HopByHop)
            {
                at = HpackEncoder.WriteField(block, at, fields[i].Id, head.Name(i), head.Value(i));
            }
        }

        at = WriteLines(block, WriteLines(block, at, lines), more);
        Finish(ref output, stream, at, endStream);
    }

    /// <summary>A head of our own: a status and complete lines.</summary>
    public static void Response(
        ref FrameOutput output, int stream, int status, ReadOnlySpan<byte> lines, bool endStream)
    {
        Span<byte> block = output.Reserve(FrameHeader.Bytes + (2 * lines.Length) + (FieldOverhead * 64) + 64);
        int at = HpackEncoder.WriteStatus(block, FrameHeader.Bytes, status);
        Finish(ref output, stream, WriteLines(block, at, lines), endStream);
    }

    public static void Trailers(ref FrameOutput output, int stream, ReadOnlySpan<byte> lines)
    {
        Span<byte> block = output.Reserve(FrameHeader.Bytes + (5 * lines.Length) + 64);
        Finish(ref output, stream, WriteLines(block, FrameHeader.Bytes, lines), endStream: true);
    }

    /// <summary>Complete lines "Name: value" CRLF of our own making, or checked before.</summary>
    private static int WriteLines(Span<byte> block, int at, ReadOnlySpan<byte> lines)
    {
        while (!lines.IsEmpty && at >= 0)
        {
            int end = lines.IndexOf("\r\n"u8);
            int colon = lines.IndexOf((byte)':');
            if (end < 0 || colon <= 0 || colon > end)
            {
                break;
            }

            ReadOnlySpan<byte> name = lines[..colon];
            ReadOnlySpan<byte> value = lines[(colon + 1)..end].Trim(" \t"u8);
            at = HpackEncoder.WriteField(block, at, HeaderNames.Recognise(name), name, value);
            lines = lines[(end + 2)..];
        }

        return at;
    }

    /// <summary>Makes the block that lies behind room for a frame header output.</summary>
    internal static void Finish(ref FrameOutput output, int stream, int end, bool endStream)
    {
        FrameFlags flags = endStream ? FrameFlags.EndStream : FrameFlags.None;
        int length = end - FrameHeader.Bytes;
        if (length <= FrameBytes)
        {
            new FrameHeader(length, FrameType.Headers, flags | FrameFlags.EndHeaders, stream)
                .Write(output.Reserve(FrameHeader.Bytes));
            output.Commit(end);
            return;
        }

        Split(ref output, stream, length, flags);
    }

    // The pieces move back, the last one first, to make room for the headers between them.
    private static void Split(ref FrameOutput output, int stream, int length, FrameFlags flags)
    {
        int frames = (length + FrameBytes - 1) / FrameBytes;
        Span<byte> block = output.Reserve(length + (frames * FrameHeader.Bytes));
        for (int i = frames - 1; i >= 0; i--)
        {
            int from = FrameHeader.Bytes + (i * FrameBytes);
            int count = Math.Min(FrameBytes, length - (i * FrameBytes));
            int to = from + (i * FrameHeader.Bytes);
            block.Slice(from, count).CopyTo(block[to..]);
            FrameType type = i == 0 ? FrameType.Headers : FrameType.Continuation;
            FrameFlags own = (i == 0 ? flags : FrameFlags.None)
                | (i == frames - 1 ? FrameFlags.EndHeaders : FrameFlags.None);
            new FrameHeader(count, type, own, stream).Write(block[(to - FrameHeader.Bytes)..]);
        }

        output.Commit(length + (frames * FrameHeader.Bytes));
    }
}
