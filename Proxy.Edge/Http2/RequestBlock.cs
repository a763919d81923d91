using Proxy.Edge.Http;
using Proxy.Edge.Http2.Hpack;

namespace Proxy.Edge.Http2;

/// <summary>Puts a request into HEADERS frames (RFC 9113 §8.3.1) from the HTTP/1.1 text that the proxy composed for an
/// origin: a start line in origin or asterisk form, one Host, complete lines.</summary>
internal static class RequestBlock
{
    private const int Authority = 1;
    private const int MethodGet = 2;
    private const int MethodPost = 3;
    private const int Path = 4;
    private const int SchemeHttp = 6;
    private const int SchemeHttps = 7;

    /// <summary>They frame and steer an HTTP/1.1 connection (§8.2.2); Host becomes :authority.</summary>
    private const ulong Dropped =
        (1UL << (int)HeaderId.Connection) | (1UL << (int)HeaderId.KeepAlive) | (1UL << (int)HeaderId.ProxyConnection)
        | (1UL << (int)HeaderId.TransferEncoding) | (1UL << (int)HeaderId.Upgrade) | (1UL << (int)HeaderId.Host);

    public static void Write(ref FrameOutput output, int stream, ReadOnlySpan<byte> head, bool https, bool endStream)
    {
        int lineEnd = head.IndexOf((byte)'\n') + 1;
        ReadOnlySpan<byte> startLine = head[..lineEnd];
        ReadOnlySpan<byte> fields = head[lineEnd..];

        // A line needs at most so much more as a literal than as text; four bytes of text hold the shortest.
        Span<byte> block = output.Reserve(FrameHeader.Bytes + (5 * head.Length) + 64);
        int at = WriteStart(block, FrameHeader.Bytes, startLine, https);
        at = WriteAuthority(block, at, fields);
        while (fields.IndexOf((byte)'\n') is var end and > 1)
        {
            ReadOnlySpan<byte> line = fields[..(end - 1)];
            int colon = line.IndexOf((byte)':');
            ReadOnlySpan<byte> name = line[..colon];
            HeaderId id = HeaderNames.Recognise(name);
            if (((1UL << (int)id) & Dropped) == 0)
            {
                at = HpackEncoder.WriteField(block, at, id, name, line[(colon + 1)..].Trim(" \t"u8));
            }

            fields = fields[(end + 1)..];
        }

        HeadBlocks.Finish(ref output, stream, at, endStream);
    }

    private static int WriteStart(Span<byte> block, int at, ReadOnlySpan<byte> line, bool https)
    {
        int space = line.IndexOf((byte)' ');
        ReadOnlySpan<byte> method = line[..space];
        ReadOnlySpan<byte> target = line[(space + 1)..];
        target = target[..target.LastIndexOf((byte)' ')];
        at = method.SequenceEqual("GET"u8) ? HpackEncoder.WriteIndexed(block, at, MethodGet)
            : method.SequenceEqual("POST"u8) ? HpackEncoder.WriteIndexed(block, at, MethodPost)
            : HpackEncoder.WriteIndexedName(block, at, MethodGet, method);
        at = HpackEncoder.WriteIndexed(block, at, https ? SchemeHttps : SchemeHttp);
        return target.SequenceEqual("/"u8)
            ? HpackEncoder.WriteIndexed(block, at, Path)
            : HpackEncoder.WriteIndexedName(block, at, Path, target);
    }

    /// <summary>Pseudo-fields come before all others, and Host may be anywhere.</summary>
    private static int WriteAuthority(Span<byte> block, int at, ReadOnlySpan<byte> fields)
    {
        while (fields.IndexOf((byte)'\n') is var end and > 1)
        {
            ReadOnlySpan<byte> line = fields[..(end - 1)];
            if (line.Length > 5 && line[4] == ':' && System.Text.Ascii.EqualsIgnoreCase(line[..4], "Host"u8))
            {
                return HpackEncoder.WriteIndexedName(block, at, Authority, line[5..].Trim(" \t"u8));
            }

            fields = fields[(end + 1)..];
        }

        return at;
    }
}
