using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Proxy.Tests.Fuzz;

/// <summary>What the second reader made of a head; characters stand for bytes.</summary>
internal sealed record NaiveHead(
    string StartLine, IReadOnlyList<KeyValuePair<string, string>> Fields, bool Http10, int End)
{
    public string Method { get; init; } = "";

    public string Target { get; init; } = "";

    public string Authority { get; init; } = "";

    public int Status { get; init; }

    /// <summary>"none", "chunked", "close" or the length.</summary>
    public string Body { get; init; } = "none";

    public IEnumerable<string> Values(string name) =>
        Fields.Where(field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value);

    public IReadOnlyList<string> List(string name) =>
        [.. Values(name).SelectMany(value => value.Split(',')).Select(item => item.Trim(' ', '\t').ToLowerInvariant())
            .Where(item => item.Length > 0)];
}

internal enum NaiveVerdict
{
    Incomplete,
    Complete,
    Invalid,
}

/// <summary>A second strict reader of HTTP/1.1, written from the RFCs with regular expressions and strings and sharing
/// no code with the product: slow, and wrong in other places. The fuzz compares the two.</summary>
internal static partial class NaiveHttp1
{
    private const string Token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]";

    public static NaiveVerdict ReadRequest(string text, out NaiveHead? head)
    {
        head = null;
        int skipped = 0;
        while (text.StartsWith("\r\n", StringComparison.Ordinal) && skipped < 4)
        {
            text = text[2..];
            skipped += 2;
        }

        if (skipped == 4 && text.StartsWith('\r'))
        {
            return NaiveVerdict.Invalid; // A third empty line, or a bare CR.
        }

        NaiveVerdict verdict = ReadLines(text, RequestLine(), out string[] lines, out NaiveHead? raw);
        if (lines.Length > 0 && RequestLine().Match(lines[0]) is { Success: true } line)
        {
            bool http10 = line.Groups["minor"].Value == "0";
            string method = line.Groups["method"].Value;
            string target = line.Groups["target"].Value;
            if (!TargetFits(method, target, out string authority))
            {
                return NaiveVerdict.Invalid;
            }

            if (raw is not null)
            {
                head = raw with
                {
                    End = raw.End + skipped,
                    Http10 = http10,
                    Method = method,
                    Target = target,
                    Authority = authority.Length > 0 ? authority : raw.Values("host").FirstOrDefault(""),
                };
            }
        }

        return verdict == NaiveVerdict.Complete && !JudgeRequest(ref head) ? NaiveVerdict.Invalid : verdict;
    }

    public static NaiveVerdict ReadResponse(string text, string requestMethod, out NaiveHead? head)
    {
        head = null;
        NaiveVerdict verdict = ReadLines(text, StatusLine(), out string[] lines, out NaiveHead? raw);
        if (verdict == NaiveVerdict.Complete && raw is not null)
        {
            Match line = StatusLine().Match(lines[0]);
            head = raw with
            {
                Http10 = line.Groups["minor"].Value == "0",
                Status = int.Parse(line.Groups["status"].Value, CultureInfo.InvariantCulture),
            };
            return JudgeResponse(ref head, requestMethod) ? verdict : NaiveVerdict.Invalid;
        }

        return verdict;
    }

    /// <summary>Reads a chunked body from the front of the text.</summary>
    public static NaiveVerdict ReadChunked(string text, out string payload, out List<string> trailers, out int end)
    {
        payload = "";
        trailers = [];
        end = 0;
        while (true)
        {
            int lineEnd = text.IndexOf('\n', end);
            if (lineEnd < 0)
            {
                return NaiveVerdict.Incomplete;
            }

            Match line = SizeLine().Match(text[end..(lineEnd + 1)]);
            if (!line.Success)
            {
                return NaiveVerdict.Invalid;
            }

            ulong size = ulong.Parse(line.Groups["size"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            int extension = line.Groups["extension"].Length;
            if (size > 1UL << 62 || extension > 256)
            {
                return NaiveVerdict.Invalid;
            }

            end = lineEnd + 1;
            if (size == 0)
            {
                return ReadTrailers(text, trailers, ref end);
            }

            if (size > int.MaxValue || text.Length < end + (int)size + 2)
            {
                string rest = size < int.MaxValue && text.Length > end + (int)size ? text[(end + (int)size)..] : "";
                return rest is "" or "\r" ? NaiveVerdict.Incomplete : NaiveVerdict.Invalid;
            }

            payload += text.Substring(end, (int)size);
            end += (int)size;
            if (text.Substring(end, 2) != "\r\n")
            {
                return NaiveVerdict.Invalid;
            }

            end += 2;
        }
    }

    private static NaiveVerdict ReadTrailers(string text, List<string> trailers, ref int end)
    {
        while (true)
        {
            int lineEnd = text.IndexOf('\n', end);
            if (lineEnd < 0)
            {
                return NaiveVerdict.Incomplete;
            }

            string line = text[end..(lineEnd + 1)];
            end = lineEnd + 1;
            if (line == "\r\n")
            {
                return NaiveVerdict.Complete;
            }

            if (!line.EndsWith("\r\n", StringComparison.Ordinal) || !Field().IsMatch(line[..^2]))
            {
                return NaiveVerdict.Invalid;
            }

            trailers.Add(line[..^2]);
        }
    }

    // Lines are all whole lines, of an incomplete head too.
    private static NaiveVerdict ReadLines(string text, Regex startLine, out string[] lines, out NaiveHead? head)
    {
        head = null;
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        bool complete = end >= 0 && !text.StartsWith("\r\n", StringComparison.Ordinal);
        string bytes = complete ? text[..(end + 4)] : text;
        int lastLine = bytes.LastIndexOf("\r\n", StringComparison.Ordinal);
        lines = lastLine < 0 ? [] : bytes[..lastLine].Split("\r\n");
        if (complete)
        {
            lines = lines[..^1];
        }

        if (Forbidden().IsMatch(bytes) || (lines.Length > 0 && !startLine.IsMatch(lines[0])))
        {
            return NaiveVerdict.Invalid;
        }

        List<KeyValuePair<string, string>> fields = [];
        foreach (string line in lines.Skip(1))
        {
            Match field = Field().Match(line);
            if (!field.Success)
            {
                return NaiveVerdict.Invalid;
            }

            fields.Add(new(field.Groups["name"].Value, field.Groups["value"].Value));
        }

        if (fields.Count > 128)
        {
            return NaiveVerdict.Invalid;
        }

        if (!complete)
        {
            return NaiveVerdict.Incomplete;
        }

        head = new NaiveHead(lines[0], fields, false, bytes.Length);
        return NaiveVerdict.Complete;
    }

    private static bool TargetFits(string method, string target, out string authority)
    {
        authority = "";
        if (method == "CONNECT")
        {
            authority = target;
            return HostFits(target) && PortAtEnd().IsMatch(target);
        }

        if (target == "*")
        {
            return method == "OPTIONS";
        }

        Match absolute = Absolute().Match(target);
        authority = absolute.Success ? absolute.Groups["authority"].Value : "";
        string rest = absolute.Success ? absolute.Groups["rest"].Value : target;
        return (absolute.Success ? HostFits(authority) : target.StartsWith('/')) && PathAndQuery().IsMatch(rest);
    }

    private static bool HostFits(string host)
    {
        Match match = HostAndPort().Match(host);
        if (!match.Success || host.Length > 261)
        {
            return false;
        }

        string port = match.Groups["port"].Value;
        string literal = match.Groups["literal"].Value;
        return (port.Length == 0 || int.Parse(port, CultureInfo.InvariantCulture) <= 65535)
            && (literal.Length == 0 || (IPAddress.TryParse(literal, out _) && !LeadingZeroByte().IsMatch(literal)));
    }

    private static bool JudgeRequest(ref NaiveHead? head)
    {
        List<string> hosts = [.. head!.Values("host")];
        List<string> expect = [.. head.Values("expect")];
        if (hosts.Count > 1 || (hosts.Count == 0 && !head.Http10) || (hosts.Count == 1 && !HostFits(hosts[0])))
        {
            return false;
        }

        if (expect.Count > 1
            || (expect.Count == 1 && !expect[0].Equals("100-continue", StringComparison.OrdinalIgnoreCase)))
        {
            return false;
        }

        if (!Frame(head, out string? body) || !OptionsFit(head))
        {
            return false;
        }

        head = head with { Body = body is null or "0" ? "none" : body };
        return !IsWebSocket(head) || head.Body == "none";
    }

    public static bool IsWebSocket(NaiveHead head) =>
        head.Method == "GET" && !head.Http10 && head.List("connection").Contains("upgrade")
        && head.Values("upgrade").ToList() is [{ } protocol]
        && protocol.Equals("websocket", StringComparison.OrdinalIgnoreCase);

    private static bool JudgeResponse(ref NaiveHead head, string requestMethod)
    {
        if (!OptionsFit(head))
        {
            return false;
        }

        if (requestMethod == "CONNECT" && head.Status / 100 == 2)
        {
            return true;
        }

        if (!Frame(head, out string? body))
        {
            return false;
        }

        if (head.Status / 100 == 1 || head.Status == 204)
        {
            return body is null or "0";
        }

        if (requestMethod != "HEAD" && head.Status != 304)
        {
            head = head with { Body = body is null ? "close" : body == "0" ? "none" : body };
        }

        return true;
    }

    // body: null = not stated.
    private static bool Frame(NaiveHead head, out string? body)
    {
        body = null;
        List<string> lengths = [.. head.Values("content-length")];
        List<string> codings = [.. head.Values("transfer-encoding")];
        if (codings.Count > 0)
        {
            body = "chunked";
            return codings.Count == 1 && lengths.Count == 0 && !head.Http10
                && codings[0].Equals("chunked", StringComparison.OrdinalIgnoreCase);
        }

        if (lengths.Count == 0)
        {
            return true;
        }

        if (lengths.Count > 1 || !Regex.IsMatch(lengths[0], "^[0-9]{1,18}\\z"))
        {
            return false;
        }

        body = long.Parse(lengths[0], CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
        return true;
    }

    private static bool OptionsFit(NaiveHead head) =>
        head.List("connection") is var options && options.Count <= 32
        && options.All(option => Regex.IsMatch(option, $"^{Token}+\\z"));

    [GeneratedRegex("(?<!\r)\n|\r(?!\n|\\z)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")]
    private static partial Regex Forbidden();

    [GeneratedRegex($"^(?<method>{Token}{{1,64}}) (?<target>[\\x21-\\x7e]+) HTTP/1\\.(?<minor>[01])\\z")]
    private static partial Regex RequestLine();

    [GeneratedRegex("^HTTP/1\\.(?<minor>[01]) (?<status>[1-5][0-9][0-9])( .*)?\\z", RegexOptions.Singleline)]
    private static partial Regex StatusLine();

    [GeneratedRegex(
        $"^(?<name>{Token}+):[ \t]*"
        + "(?<value>([\\x21-\\x7e\\x80-\\xff]([\t\\x20-\\x7e\\x80-\\xff]*[\\x21-\\x7e\\x80-\\xff])?)?)[ \t]*\\z")]
    private static partial Regex Field();

    [GeneratedRegex("^(?<scheme>[hH][tT][tT][pP][sS]?)://(?<authority>[^/?]*)(?<rest>.*)\\z")]
    private static partial Regex Absolute();

    [GeneratedRegex(
        "^([A-Za-z0-9\\-._~!$&'()*+,;=:@/\\[\\]^`{|}]|%(?!00)[0-9A-Fa-f]{2})*"
        + "(\\?[\\x21\\x24-\\x3b\\x3d\\x3f-\\x7e]*)?\\z")]
    private static partial Regex PathAndQuery();

    [GeneratedRegex("^([A-Za-z0-9._~\\-]+|\\[(?<literal>[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\\])(:(?<port>[0-9]{1,5}))?\\z")]
    private static partial Regex HostAndPort();

    [GeneratedRegex("[A-Za-z0-9._~\\-\\]]:[0-9]+\\z")]
    private static partial Regex PortAtEnd();

    [GeneratedRegex("[:.]0[0-9]+\\.|\\.0[0-9]+\\z")]
    private static partial Regex LeadingZeroByte();

    [GeneratedRegex(
        $"^(?<size>[0-9A-Fa-f]{{1,16}})"
        + $"(?<extension>(;{Token}+(=({Token}+|"
        + "\"([^\"\\\\\\x00-\\x08\\x0a-\\x1f\\x7f]|\\\\[^\\x00-\\x08\\x0a-\\x1f\\x7f])*\"))?)*)\r\n\\z")]
    private static partial Regex SizeLine();
}
