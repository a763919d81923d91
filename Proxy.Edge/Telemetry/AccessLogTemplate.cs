using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Proxy.Edge.Telemetry;

/// <summary>Reads a log template: Apache's directives (%h, %>s, %{Referer}i ...) and our own by name (%{client-ip}).
/// Where both readings of a directive are possible, Apache's wins: "%{host}i" is the Host field, not the host and an
/// "i".</summary>
internal static class AccessLogTemplate
{
    private static readonly Dictionary<char, AccessField> Letters = new()
    {
        ['h'] = AccessField.ClientIp,
        ['a'] = AccessField.ClientIp,
        ['l'] = AccessField.Missing,
        ['u'] = AccessField.Missing,
        ['t'] = AccessField.TimeClf,
        ['r'] = AccessField.RequestLine,
        ['s'] = AccessField.Status,
        ['b'] = AccessField.BodyBytesOrDash,
        ['B'] = AccessField.BodyBytes,
        ['D'] = AccessField.TotalMicroseconds,
        ['T'] = AccessField.TotalSeconds,
        ['m'] = AccessField.Method,
        ['U'] = AccessField.Path,
        ['q'] = AccessField.Query,
        ['H'] = AccessField.Version,
        ['v'] = AccessField.Host,
        ['V'] = AccessField.Host,
        ['I'] = AccessField.BytesReceived,
        ['k'] = AccessField.EarlierRequests,
        ['L'] = AccessField.RequestId,
    };

    // What Apache writes as %{argument}letter; names of header fields compare without case, so keys are lower case.
    private static readonly Dictionary<string, AccessField> Arguments = new(StringComparer.Ordinal)
    {
        ["referer}i"] = AccessField.Referer,
        ["user-agent}i"] = AccessField.UserAgent,
        ["host}i"] = AccessField.Host,
        ["remote}p"] = AccessField.ClientPort,
        ["s}T"] = AccessField.TotalSeconds,
        ["ms}T"] = AccessField.TotalMilliseconds,
        ["us}T"] = AccessField.TotalMicroseconds,
        ["sec}t"] = AccessField.TimeUnixSeconds,
        ["msec}t"] = AccessField.TimeUnixMilliseconds,
        ["ssl_protocol}x"] = AccessField.TlsVersion,
        ["ssl_cipher}x"] = AccessField.TlsCipher,
        ["usec}t"] = AccessField.TimeUnixMicroseconds,
    };

    private static readonly Dictionary<string, AccessField> Names = new(StringComparer.Ordinal)
    {
        ["client-ip"] = AccessField.ClientIp,
        ["client-port"] = AccessField.ClientPort,
        ["method"] = AccessField.Method,
        ["target"] = AccessField.Target,
        ["path"] = AccessField.Path,
        ["query"] = AccessField.Query,
        ["version"] = AccessField.Version,
        ["tls-version"] = AccessField.TlsVersion,
        ["tls-cipher"] = AccessField.TlsCipher,
        ["request-line"] = AccessField.RequestLine,
        ["host"] = AccessField.Host,
        ["referer"] = AccessField.Referer,
        ["user-agent"] = AccessField.UserAgent,
        ["status"] = AccessField.Status,
        ["body-bytes"] = AccessField.BodyBytes,
        ["bytes-received"] = AccessField.BytesReceived,
        ["total-us"] = AccessField.TotalMicroseconds,
        ["total-ms"] = AccessField.TotalMilliseconds,
        ["queue-us"] = AccessField.QueueMicroseconds,
        ["connect-us"] = AccessField.ConnectMicroseconds,
        ["first-byte-us"] = AccessField.FirstByteMicroseconds,
        ["time"] = AccessField.TimeIso,
        ["time-clf"] = AccessField.TimeClf,
        ["time-unix-us"] = AccessField.TimeUnixMicroseconds,
        ["listener"] = AccessField.Listener,
        ["route"] = AccessField.Route,
        ["pool"] = AccessField.Pool,
        ["member"] = AccessField.Member,
        ["fault"] = AccessField.Fault,
        ["attempts"] = AccessField.Attempts,
        ["request-id"] = AccessField.RequestId,
        ["connection"] = AccessField.Connection,
        ["connection-request"] = AccessField.RequestNumber,
        ["phase"] = AccessField.Phase,
    };

    public static bool TryParse(
        string text, [NotNullWhen(true)] out AccessSegment[]? segments, [NotNullWhen(false)] out string? error)
    {
        segments = null;
        var found = new List<AccessSegment>();
        var literal = new StringBuilder();
        int at = 0;
        while (at < text.Length)
        {
            if (text[at] != '%')
            {
                literal.Append(text[at++]);
            }
            else if (at + 1 < text.Length && text[at + 1] == '%')
            {
                literal.Append('%');
                at += 2;
            }
            else if (TryDirective(text, at, out AccessField field, out int length))
            {
                AddLiteral(found, literal);
                found.Add(new AccessSegment(field));
                at += length;
            }
            else
            {
                error = Unknown(text, at);
                return false;
            }
        }

        if (found.Count == 0)
        {
            error = $"\"{text}\" is neither combined, common nor json, and as a template it shows no field (like %h)";
            return false;
        }

        literal.Append('\n');
        AddLiteral(found, literal);
        segments = [.. found];
        error = null;
        return true;
    }

    private static void AddLiteral(List<AccessSegment> segments, StringBuilder literal)
    {
        if (literal.Length > 0)
        {
            segments.Add(new AccessSegment(AccessField.Literal, Encoding.UTF8.GetBytes(literal.ToString())));
            literal.Clear();
        }
    }

    private static bool TryDirective(string text, int at, out AccessField field, out int length)
    {
        int next = at + 1;
        field = default;
        length = 0;
        if (next < text.Length && text[next] is '>' or '<')
        {
            next++; // which of several internal redirects; there is only one status here
        }

        if (next >= text.Length)
        {
            return false;
        }

        if (text[next] != '{')
        {
            length = next + 1 - at;
            return Letters.TryGetValue(text[next], out field);
        }

        int close = text.IndexOf('}', next);
        if (close < 0)
        {
            return false;
        }

        string name = text[(next + 1)..close];
        if (close + 1 < text.Length)
        {
            string argument = $"{name.ToLowerInvariant()}}}{text[close + 1]}";
            if (Arguments.TryGetValue(argument, out field))
            {
                length = close + 2 - at;
                return true;
            }
        }

        length = close + 1 - at;
        return Names.TryGetValue(name, out field);
    }

    private static string Unknown(string text, int at)
    {
        int close = text.IndexOf('}', at);
        bool isNamed = close > 0 && text.AsSpan(at, close - at).IndexOf('{') is 1 or 2;
        int end = isNamed ? Math.Min(text.Length, close + 2) : Math.Min(text.Length, at + 2);
        string letters = string.Join(' ', Letters.Keys.Select(letter => $"%{letter}"));
        string arguments = string.Join(' ', Arguments.Keys.Select(key => $"%{{{key}"));
        string names = string.Join(' ', Names.Keys.Select(name => $"%{{{name}}}"));
        return $"unknown directive \"{text[at..end]}\" at column {at + 1}; known are %% {letters} {arguments} {names}";
    }
}
