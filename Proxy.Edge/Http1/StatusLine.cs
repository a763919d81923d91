using System.Text;

namespace Proxy.Edge.Http1;

/// <summary>Writes status lines. The proxy always speaks HTTP/1.1, whatever version it was spoken to (RFC 9112
/// §2.3).</summary>
public static class StatusLine
{
    private const int First = 100;

    // Whole lines for the registered statuses, by status - 100; null for the others.
    private static readonly byte[]?[] Canned = Build();

    /// <summary>Writes "HTTP/1.1 status reason CRLF" and returns its length; 0 when it does not fit. An empty reason
    /// means the registered one. <paramref name="reason"/> must hold no line end; a parsed one cannot.</summary>
    public static int Write(Span<byte> destination, int status, ReadOnlySpan<byte> reason = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, First);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 999);
        byte[]? canned = status < First + Canned.Length ? Canned[status - First] : null;
        if (canned is not null && (reason.IsEmpty || ReasonOf(canned).SequenceEqual(reason)))
        {
            return canned.AsSpan().TryCopyTo(destination) ? canned.Length : 0;
        }

        int length = 15 + reason.Length;
        if (destination.Length < length)
        {
            return 0;
        }

        "HTTP/1.1 "u8.CopyTo(destination);
        DecimalText.Write(destination[9..], status);
        destination[12] = (byte)' ';
        reason.CopyTo(destination[13..]);
        "\r\n"u8.CopyTo(destination[(13 + reason.Length)..]);
        return length;
    }

    /// <summary>The registered reason phrase; empty for an unregistered status.</summary>
    public static ReadOnlySpan<byte> Reason(int status) =>
        status >= First && status < First + Canned.Length && Canned[status - First] is { } line
            ? ReasonOf(line)
            : default;

    private static ReadOnlySpan<byte> ReasonOf(byte[] line) => line.AsSpan(13, line.Length - 15);

    private static byte[]?[] Build()
    {
        (int Status, string Reason)[] registered =
        [
            (100, "Continue"), (101, "Switching Protocols"), (102, "Processing"), (103, "Early Hints"),
            (200, "OK"), (201, "Created"), (202, "Accepted"), (203, "Non-Authoritative Information"),
            (204, "No Content"), (205, "Reset Content"), (206, "Partial Content"), (207, "Multi-Status"),
            (208, "Already Reported"), (226, "IM Used"),
            (300, "Multiple Choices"), (301, "Moved Permanently"), (302, "Found"), (303, "See Other"),
            (304, "Not Modified"), (305, "Use Proxy"), (307, "Temporary Redirect"), (308, "Permanent Redirect"),
            (400, "Bad Request"), (401, "Unauthorized"), (402, "Payment Required"), (403, "Forbidden"),
            (404, "Not Found"), (405, "Method Not Allowed"), (406, "Not Acceptable"),
            (407, "Proxy Authentication Required"), (408, "Request Timeout"), (409, "Conflict"), (410, "Gone"),
            (411, "Length Required"), (412, "Precondition Failed"), (413, "Content Too Large"), (414, "URI Too Long"),
            (415, "Unsupported Media Type"), (416, "Range Not Satisfiable"), (417, "Expectation Failed"),
            (421, "Misdirected Request"), (422, "Unprocessable Content"), (423, "Locked"), (424, "Failed Dependency"),
            (425, "Too Early"), (426, "Upgrade Required"), (428, "Precondition Required"), (429, "Too Many Requests"),
            (431, "Request Header Fields Too Large"), (451, "Unavailable For Legal Reasons"),
            (500, "Internal Server Error"), (501, "Not Implemented"), (502, "Bad Gateway"),
            (503, "Service Unavailable"), (504, "Gateway Timeout"), (505, "HTTP Version Not Supported"),
            (506, "Variant Also Negotiates"), (507, "Insufficient Storage"), (508, "Loop Detected"),
            (511, "Network Authentication Required"),
        ];
        byte[]?[] lines = new byte[]?[500];
        foreach ((int status, string reason) in registered)
        {
            lines[status - First] = Encoding.ASCII.GetBytes($"HTTP/1.1 {status} {reason}\r\n");
        }

        return lines;
    }
}
