namespace Proxy.Edge.Http1;

/// <summary>The protocol version of a start line: exactly eight bytes, case-sensitive (RFC 9112 §2.3).</summary>
internal static class HttpVersion
{
    public const int Length = 8;

    /// <summary>Reads the eight bytes. Versions other than 1.0 and 1.1 are refused even within major 1: none
    /// exists.</summary>
    public static HeadFault Read(ReadOnlySpan<byte> text, out bool isHttp10)
    {
        isHttp10 = false;
        if (text.SequenceEqual("HTTP/1.1"u8))
        {
            return HeadFault.None;
        }

        if (text.SequenceEqual("HTTP/1.0"u8))
        {
            isHttp10 = true;
            return HeadFault.None;
        }

        return text.StartsWith("HTTP/"u8)
            && char.IsAsciiDigit((char)text[5]) && text[6] == '.' && char.IsAsciiDigit((char)text[7])
            ? HeadFault.UnsupportedVersion
            : HeadFault.BadVersion;
    }
}
