using System.Buffers.Text;
using Proxy.Edge.Http;

namespace Proxy.Edge.Upstream;

/// <summary>How the body of a request is framed, read from a head of the proxy's own making: one of the two lines, or
/// none.</summary>
internal static class FramingLines
{
    public static (bool Chunked, long Length) Read(ReadOnlySpan<byte> head)
    {
        while (head.IndexOf((byte)'\n') is var end and > 1)
        {
            ReadOnlySpan<byte> line = head[..(end - 1)];
            head = head[(end + 1)..];
            int colon = line.IndexOf((byte)':');
            if (colon != "content-length".Length && colon != "transfer-encoding".Length)
            {
                continue;
            }

            switch (HeaderNames.Recognise(line[..colon]))
            {
                case HeaderId.TransferEncoding:
                    return (true, 0);
                case HeaderId.ContentLength when Utf8Parser.TryParse(
                    line[(colon + 1)..].Trim(" \t"u8), out long length, out _):
                    return (false, length);
                default:
                    break;
            }
        }

        return (false, 0);
    }
}
