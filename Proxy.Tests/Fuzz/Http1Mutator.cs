using System.Globalization;
using Proxy.Tests.Conformance;

namespace Proxy.Tests.Fuzz;

/// <summary>Makes texts near the border between valid and invalid messages. The same random source gives the same
/// text.</summary>
internal static class Http1Mutator
{
    private static readonly string[] Names =
    [
        "Host", "Connection", "Content-Length", "Transfer-Encoding", "TE", "Upgrade", "Expect", "Cookie", "X-Own",
        "Keep-Alive", "Proxy-Connection", "Accept", "X-Forwarded-For", "Via", "Trailer", "User-Agent", "A",
        "Set-Cookie", "content-length", "TRANSFER-ENCODING", "Strict-Transport-Security", "X_Own",
        "HTTP2-Settings", "Server", "Date",
    ];

    private static readonly string[] Values =
    [
        "", "a", "5", "0", "chunked", "Chunked", "gzip, chunked", "close", "keep-alive", "keep-alive, Upgrade",
        "websocket", "100-continue", "a.example", "a.example:80", "[::1]:8080", "trailers",
        "X-Own", "Cookie, Host, Content-Length",
        "007", "5, 5", "\u00e9", "a\tb", "h2c", "x, , A", "999999999999999999", "1234567890123456789",
        "text/html; q=\"a,b\"",
    ];

    private static readonly string[] Targets =
    [
        "/", "*", "/a/b?c=d", "/%41%2f", "/%zz", "/%00", "http://b.example/x", "https://[::1]:80", "http://b.example?q",
        "b.example:443", "/a|{}^`[]", "/?\\", "/\\", "/a#b", "/a;b=c,d@e:f", "//x", "http://u@b/", "http:///",
    ];

    private static readonly string[] Pieces =
    [
        "\r", "\n", "\r\n", "\r\n\r\n", " ", "\t", ":", ",", ";", "\0", "\v", "\u007f", "\u0080", "\u00ff",
        "%", "?", "#",
        "/", "\\", "\"", "0", "5", "f", "chunked", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n",
        "Host: b\r\n",
        "Connection: close\r\n", "0\r\n\r\n", "5\r\nhello\r\n", ";a=b", ";a=\"b\\\"\"", "HTTP/1.1", "HTTP/1.0", "[::1]",
        "X-T: v\r\n",
    ];

    public static string Request(Random random)
    {
        string text = random.Next(3) == 0
            ? Corpus(random, RequestHeadCorpus.Accepted, RequestHeadCorpus.Refused)
            : Pick(random, "GET", "POST", "HEAD", "OPTIONS", "CONNECT", "PUT", "x")
                + $" {(random.Next(2) == 0 ? "/" : Pick(random, Targets))} HTTP/1.{(random.Next(6) == 0 ? 0 : 1)}\r\n"
                + $"{(random.Next(8) == 0 ? "" : "Host: a.example\r\n")}{Fields(random)}\r\n";
        return Mutate(random, text);
    }

    public static string Response(Random random)
    {
        string text = random.Next(3) == 0
            ? Corpus(random, ResponseHeadCorpus.Accepted, ResponseHeadCorpus.Refused)
            : $"HTTP/1.{(random.Next(6) == 0 ? 0 : 1)} "
                + $"{Pick(random, "200", "204", "304", "101", "103", "404", "600", "99")}"
                + $"{Pick(random, " OK", " ", "", " caf\u00e9", "  x")}\r\n{Fields(random)}\r\n";
        return Mutate(random, text);
    }

    public static string Chunked(Random random)
    {
        string text = "";
        for (int i = random.Next(5); i > 0; i--)
        {
            int size = random.Next(1, random.Next(8) == 0 ? 300 : 20);
            text += new string('0', random.Next(3) == 0 ? random.Next(5) : 0)
                + size.ToString(random.Next(2) == 0 ? "x" : "X", CultureInfo.InvariantCulture)
                + Extension(random) + "\r\n" + Payload(random, size) + "\r\n";
        }

        text += new string('0', random.Next(1, 4)) + Extension(random) + "\r\n";
        if (random.Next(3) == 0)
        {
            text += Fields(random);
        }

        return Mutate(random, text + "\r\n");
    }

    private static string Extension(Random random) =>
        random.Next(4) > 0
            ? ""
            : Pick(random, ";a", ";a=b", ";a=\"b;c\r\"", ";a=\"b\\\"c\";d", "; a", ";a=\"\u00e9\t \"");

    private static string Payload(Random random, int size)
    {
        char[] bytes = new char[size];
        for (int i = 0; i < size; i++)
        {
            bytes[i] = (char)random.Next(256);
        }

        return new string(bytes);
    }

    private static string Fields(Random random)
    {
        string text = "";
        for (int i = random.Next(6); i > 0; i--)
        {
            string space = Pick(random, " ", "", "\t ", "  ");
            text += $"{Pick(random, Names)}:{space}{Pick(random, Values)}{Pick(random, "", "", " ", "\t")}\r\n";
        }

        return text;
    }

    private static string Corpus(
        Random random, TheoryData<string, string> accepted, IEnumerable<ITheoryDataRow> refused)
    {
        ITheoryDataRow[] rows = [.. accepted, .. refused];
        return (string)rows[random.Next(rows.Length)].GetData()[1]!;
    }

    private static string Mutate(Random random, string text)
    {
        // Half of the texts stay as they were made, so that valid ones are well represented.
        int mutations = random.Next(2) == 0 ? 0 : random.Next(1, 4);
        for (int i = 0; i < mutations; i++)
        {
            int at = random.Next(text.Length + 1);
            int length = Math.Min(random.Next(1, 8), text.Length - at);
            text = random.Next(5) switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, text.Substring(at, length)),
                2 => text.Remove(at, length).Insert(at, ((char)random.Next(256)).ToString()),
                3 => text[..at],
                _ => text.Insert(at, Pick(random, Pieces)),
            };
        }

        return text;
    }

    private static string Pick(Random random, params string[] choices) => choices[random.Next(choices.Length)];
}
