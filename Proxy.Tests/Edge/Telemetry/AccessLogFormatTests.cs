using System.Text;
using System.Text.Json;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Edge.Telemetry;

public sealed class AccessLogFormatTests
{
    [Fact]
    public void Combined_is_the_line_of_the_manual()
    {
        var zone = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(-7), "test", "test");

        string line = AccessRecords.Line("combined", AccessRecords.Full(target: "/apache_pb.gif"u8), zone);

        Assert.Equal(
            "127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /apache_pb.gif HTTP/1.0\" 200 2326 "
            + "\"http://www.example.com/start.html\" \"Mozilla/4.08 [en] (Win98; I ;Nav)\"",
            line);
    }

    [Fact]
    public void What_is_missing_is_a_dash()
    {
        string line = AccessRecords.Line("combined", new AccessRecord { StartUnixMicroseconds = AccessRecords.Moment });

        Assert.Equal("- - - [10/Oct/2000:20:55:36 +0000] \"-\" - - \"-\" \"-\"", line);
    }

    [Theory]
    [InlineData("%%", "%")]
    [InlineData("%h %a", "127.0.0.1 127.0.0.1")]
    [InlineData("%m %U%q %H", "GET /apache_pb.gif?x=1 HTTP/1.0")]
    [InlineData("%s %>s %<s", "200 200 200")]
    [InlineData("%D %T %{ms}T %{us}T %{s}T", "1234567 1 1234 1234567 1")]
    [InlineData("%b %B %I", "2326 2326 310")]
    [InlineData("%v %V %{Host}i %{HOST}i", "shop.example shop.example shop.example shop.example")]
    [InlineData("%k %L %{remote}p", "2 r-1 40000")]
    [InlineData("%{sec}t %{msec}t %{usec}t", "971211336 971211336123 971211336123456")]
    [InlineData("%{time} %{client-ip}:%{client-port}", "2000-10-10T20:55:36.123456Z 127.0.0.1:40000")]
    [InlineData("%{listener}/%{route}/%{pool}/%{member}", "web/app/pool/a")]
    [InlineData("%{queue-us} %{connect-us} %{first-byte-us} %{total-us}", "- 150 900 1234567")]
    [InlineData("%{fault} %{attempts} %{connection} %{connection-request} %{phase}", "- 1 77 3 12")]
    [InlineData("%{tls-version} %{tls-cipher}", "TLSv1.3 TLS_AES_128_GCM_SHA256")]
    [InlineData("%{SSL_PROTOCOL}x %{SSL_CIPHER}x", "TLSv1.3 TLS_AES_128_GCM_SHA256")]
    [InlineData("é %m", "é GET")]
    [InlineData("%{method}x", "GETx")]
    public void Directives_show_their_fields(string template, string expected)
    {
        // "%%" alone shows no field, which is refused; a method in front makes it a template.
        string line = AccessRecords.Line("%m|" + template, AccessRecords.Full());

        Assert.Equal("GET|" + expected, line);
    }

    [Theory]
    [InlineData("%z", "%z")]
    [InlineData("%h %{Cookie}i", "%{Cookie}i")]
    [InlineData("%h %{nonsense}", "%{nonsense}")]
    [InlineData("%h %", "%")]
    [InlineData("%h %{never-closed", "%{")]
    [InlineData("combind", "combind")]
    [InlineData("", "")]
    public void Unknown_directives_are_refused_with_the_known_ones(string template, string named)
    {
        bool parsed = AccessLogFormat.TryParse(template, out _, out string? error);

        Assert.False(parsed);
        Assert.Contains($"\"{named}", error!, StringComparison.Ordinal);
    }

    [Fact]
    public void The_error_lists_what_is_known()
    {
        Assert.False(AccessLogFormat.TryParse("%h %z", out _, out string? error));

        Assert.Contains("column 4", error!, StringComparison.Ordinal);
        Assert.Contains("%h", error!, StringComparison.Ordinal);
        Assert.Contains("%{referer}i", error!, StringComparison.Ordinal);
        Assert.Contains("%{first-byte-us}", error!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_cannot_end_the_line_or_the_quotes()
    {
        AccessRecord record = AccessRecords.Full(
            target: "/a\"b\\c\r\nforged \x01\x7F"u8, userAgent: "tab\tesc\x1b é"u8, referer: "\v\b"u8);

        string line = AccessRecords.Line("%r|%{User-Agent}i|%{Referer}i", record);

        Assert.Equal(
            """GET /a\"b\\c\r\nforged \x01\x7f HTTP/1.0|tab\tesc\x1b \xc3\xa9|\v\b""", line);
    }

    [Fact]
    public void Json_has_all_fields_with_null_for_what_is_missing()
    {
        using JsonDocument full = JsonDocument.Parse(AccessRecords.Line("json", AccessRecords.Full()));
        using JsonDocument none = JsonDocument.Parse(AccessRecords.Line(
            "json", new AccessRecord { QueueMicroseconds = -1, Fault = ProxyFault.BadRequest }));

        JsonElement root = full.RootElement;
        Assert.Equal("2000-10-10T20:55:36.123456Z", root.GetProperty("time").GetString());
        Assert.Equal("127.0.0.1", root.GetProperty("client").GetString());
        Assert.Equal("/apache_pb.gif?x=1", root.GetProperty("target").GetString());
        Assert.Equal(200, root.GetProperty("status").GetInt32());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("queue_us").ValueKind);
        Assert.Equal(150, root.GetProperty("connect_us").GetInt64());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("fault").ValueKind);
        Assert.Equal("TLSv1.3", root.GetProperty("tls_version").GetString());
        Assert.Equal(JsonValueKind.Null, none.RootElement.GetProperty("tls_cipher").ValueKind);
        Assert.Equal("bad-request", none.RootElement.GetProperty("fault").GetString());
        Assert.Equal(JsonValueKind.Null, none.RootElement.GetProperty("client").ValueKind);
        Assert.Equal(JsonValueKind.Null, none.RootElement.GetProperty("status").ValueKind);
        Assert.Equal(JsonValueKind.Null, none.RootElement.GetProperty("target").ValueKind);
        Assert.Equal(
            root.EnumerateObject().Select(p => p.Name), none.RootElement.EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public void Json_keeps_utf8_and_shows_other_bytes_as_latin1()
    {
        byte[] agent = [.. "é€😀 "u8, 0xE9, (byte)'!', 0xC3];

        using JsonDocument json = JsonDocument.Parse(AccessRecords.Line("json", AccessRecords.Full(userAgent: agent)));

        Assert.Equal("é€😀 é!Ã", json.RootElement.GetProperty("user_agent").GetString());
    }

    [Fact]
    public void Json_escapes_what_a_reader_may_take_for_the_end_of_a_line()
    {
        AccessRecord record = AccessRecords.Full(userAgent: "a\u0085b\u2028c\u2029d\u007Fe\nf"u8);

        string line = AccessRecords.Line("json", record);

        Assert.Contains("a\\u0085b\\u2028c\\u2029d\\u007fe\\u000af", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_bytes_give_one_line_that_parses_back(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 300; round++)
        {
            byte[] bytes = new byte[random.Next(1, 60)];
            random.NextBytes(bytes);
            AccessRecord record = AccessRecords.Full(target: bytes, userAgent: bytes, referer: bytes);
            string json = AccessRecords.Line("json", record);
            string combined = AccessRecords.Line("combined", record);

            string where = $"seed {seed}, round {round}: {Convert.ToHexString(bytes)}";
            Assert.True(!json.Any(c => c is < ' ' or (>= '\u007F' and < '\u00A0') or '\u2028' or '\u2029'), where);
            Assert.True(combined.All(c => c is >= ' ' and < '\u007F'), where);
            using JsonDocument document = JsonDocument.Parse(json);
            string shown = document.RootElement.GetProperty("target").GetString()!;
            Assert.True(shown == Reading(bytes), where);
            Assert.True(Unescape(QuotedParts(combined)[2]).SequenceEqual(bytes), where);
        }
    }

    [Fact]
    public void A_line_that_does_not_fit_says_so_and_cutting_makes_it_fit()
    {
        byte[] huge = new byte[40_000];
        Assert.True(AccessLogFormat.TryParse("json", out AccessLogFormat? format, out _));
        byte[] buffer = new byte[AccessLogFormat.MaxLineBytes];
        AccessRecord record = AccessRecords.Full(target: huge, userAgent: huge, referer: huge);
        var stamps = new LogTimestamps(TimeZoneInfo.Utc);

        bool whole = format.TryWrite(record, stamps, buffer, int.MaxValue, out _);
        bool cut = format.TryWrite(record, stamps, buffer, AccessLogFormat.CutFieldBytes, out int written);

        Assert.False(whole);
        Assert.True(cut);
        using JsonDocument json = JsonDocument.Parse(buffer.AsMemory(0, written));
        Assert.Equal(new string('\0', 512) + "...", json.RootElement.GetProperty("target").GetString());
    }

    [Fact]
    public void Writing_allocates_nothing()
    {
        Assert.True(AccessLogFormat.TryParse("combined", out AccessLogFormat? combined, out _));
        Assert.True(AccessLogFormat.TryParse("json", out AccessLogFormat? json, out _));
        byte[] buffer = new byte[AccessLogFormat.MaxLineBytes];
        var stamps = new LogTimestamps(TimeZoneInfo.Utc);
        Write(2);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Write(100);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Write(int times)
        {
            for (int i = 0; i < times; i++)
            {
                AccessRecord record = AccessRecords.Full(userAgent: "é\"\u2028"u8);
                combined.TryWrite(record, stamps, buffer, int.MaxValue, out _);
                json.TryWrite(record, stamps, buffer, int.MaxValue, out _);
            }
        }
    }

    [Fact]
    public void Time_stamps_follow_each_record_in_any_order()
    {
        var stamps = new LogTimestamps(TimeZoneInfo.Utc);

        foreach (long second in (long[])[0, 4, 8, 4, 1, 86_399, 86_400, 0, -5, long.MaxValue])
        {
            var expected = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(second, 0, 253_402_300_799));

            Assert.Equal(expected.ToString("s"), Encoding.ASCII.GetString(stamps.Iso(second)));
        }
    }

    // Strict UTF-8 where it holds, Latin-1 where it does not: what the JSON form promises, written the slow way.
    private static string Reading(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        while (!bytes.IsEmpty)
        {
            bool valid = Rune.DecodeFromUtf8(bytes, out Rune rune, out int used) == System.Buffers.OperationStatus.Done;
            text.Append(valid ? rune.ToString() : ((char)bytes[0]).ToString());
            bytes = bytes[(valid ? used : 1)..];
        }

        return text.ToString();
    }

    // The quoted strings of a combined line: request line, referer, agent.
    private static List<string> QuotedParts(string line)
    {
        var parts = new List<string>();
        int start = -1;
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '\\')
            {
                i++;
            }
            else if (line[i] == '"')
            {
                if (start < 0)
                {
                    start = i + 1;
                }
                else
                {
                    parts.Add(line[start..i]);
                    start = -1;
                }
            }
        }

        return parts;
    }

    private static List<byte> Unescape(string text)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                bytes.Add((byte)text[i]);
                continue;
            }

            i++;
            switch (text[i])
            {
                case 'x':
                    bytes.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
                    i += 2;
                    break;
                case 'n' or 'r' or 't' or 'b' or 'v':
                    bytes.Add((byte)"\n\r\t\b\v"["nrtbv".IndexOf(text[i])]);
                    break;
                default:
                    bytes.Add((byte)text[i]);
                    break;
            }
        }

        return bytes;
    }
}
