using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>Where a message ends, both ways. What two readers could read differently must not pass (RFC 9112 §6, §11).</summary>
[Trait("Suite", "Functional")]
public sealed class FramingTests
{
    public static TheoryData<string, string> AmbiguousHeads => new()
    {
        { "bare LF as line end", "GET / HTTP/1.1\nHost: {host}\n\n" },
        { "bare LF inside the fields", "GET / HTTP/1.1\r\nHost: {host}\r\nA: b\nC: d\r\n\r\n" },
        { "bare CR in a value", "GET / HTTP/1.1\r\nHost: {host}\r\nA: b\rC: d\r\n\r\n" },
        { "folded field", "GET / HTTP/1.1\r\nHost: {host}\r\nA: b\r\n c\r\n\r\n" },
        { "space before the colon", "GET / HTTP/1.1\r\nHost: {host}\r\nContent-Length : 0\r\n\r\n" },
        { "space in a name", "GET / HTTP/1.1\r\nHost: {host}\r\nA b: c\r\n\r\n" },
        { "space before the first field", "GET / HTTP/1.1\r\n Host: {host}\r\n\r\n" },
        { "line without a colon", "GET / HTTP/1.1\r\nHost: {host}\r\nnonsense\r\n\r\n" },
        { "empty name", "GET / HTTP/1.1\r\nHost: {host}\r\n: value\r\n\r\n" },
        { "NUL in a value", "GET / HTTP/1.1\r\nHost: {host}\r\nA: b\0c\r\n\r\n" },
        { "control character in a value", "GET / HTTP/1.1\r\nHost: {host}\r\nA: b\u0001c\r\n\r\n" },
        { "length and coding", "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { "two lengths", "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello" },
        { "two lengths in one field", "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5, 6\r\n\r\nhello" },
        { "signed length", "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: +5\r\n\r\nhello" },
        { "negative length", "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n" },
        { "hexadecimal length", "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0x5\r\n\r\nhello" },
        { "empty length", "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: \r\n\r\n" },
        { "length beyond 64 bits", "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 18446744073709551621\r\n\r\nhello" },
        { "coding that is not chunked", "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" },
        { "chunked not last", "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" },
        { "chunked twice", "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" },
        { "chunked in two fields", "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { "coding with a vertical tab", "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n" },
        { "chunked in HTTP/1.0", "POST / HTTP/1.0\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { "no Host", "GET / HTTP/1.1\r\nA: b\r\n\r\n" },
        { "two Hosts", "GET / HTTP/1.1\r\nHost: {host}\r\nHost: other.test\r\n\r\n" },
        { "two equal Hosts", "GET / HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n" },
        { "Host with a space", "GET / HTTP/1.1\r\nHost: {host} other\r\n\r\n" },
        { "Host with a path", "GET / HTTP/1.1\r\nHost: {host}/x\r\n\r\n" },
        { "Host with a user", "GET / HTTP/1.1\r\nHost: user@{host}\r\n\r\n" },
        { "version 1.2 digits", "GET / HTTP/1.10\r\nHost: {host}\r\n\r\n" },
        { "lower-case version", "GET / http/1.1\r\nHost: {host}\r\n\r\n" },
        { "version 2.0", "GET / HTTP/2.0\r\nHost: {host}\r\n\r\n" },
        { "no version", "GET /\r\nHost: {host}\r\n\r\n" },
        { "two spaces", "GET  / HTTP/1.1\r\nHost: {host}\r\n\r\n" },
        { "space in the target", "GET /a b HTTP/1.1\r\nHost: {host}\r\n\r\n" },
        { "tab in the request line", "GET\t/ HTTP/1.1\r\nHost: {host}\r\n\r\n" },
        { "control character in the target", "GET /\u0001 HTTP/1.1\r\nHost: {host}\r\n\r\n" },
        { "target without a slash", "GET a HTTP/1.1\r\nHost: {host}\r\n\r\n" },
        { "fragment in the target", "GET /a#b HTTP/1.1\r\nHost: {host}\r\n\r\n" },
        { "odd method", "G<T / HTTP/1.1\r\nHost: {host}\r\n\r\n" },
    };

    public static TheoryData<string, string> BadChunks => new()
    {
        { "prefix 0x", "0x5\r\nhello\r\n0\r\n\r\n" },
        { "sign", "+5\r\nhello\r\n0\r\n\r\n" },
        { "leading space", " 5\r\nhello\r\n0\r\n\r\n" },
        { "no digits", "\r\nhello\r\n0\r\n\r\n" },
        { "not hexadecimal", "5g\r\nhello\r\n0\r\n\r\n" },
        { "size beyond 64 bits", "FFFFFFFFFFFFFFFF5\r\nhello\r\n0\r\n\r\n" },
        { "bare LF behind the size", "5\nhello\r\n0\r\n\r\n" },
        { "bare LF in an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n" },
        { "data longer than the size", "5\r\nhelloworld\r\n0\r\n\r\n" },
        { "bare LF behind the data", "5\r\nhello\n0\r\n\r\n" },
        { "line in the trailers without a colon", "5\r\nhello\r\n0\r\nnonsense\r\n\r\n" },
    };

    public static TheoryData<string, string> BadResponses => new()
    {
        { "two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!" },
        { "length and coding", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" },
        { "signed length", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok" },
        { "unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: strange\r\n\r\nok" },
        { "chunked not last", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\nok" },
        { "folded field", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\nok" },
        { "space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok" },
        { "bare CR in a value", "HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 2\r\n\r\nok" },
        { "NUL in a value", "HTTP/1.1 200 OK\r\nA: b\0c\r\nContent-Length: 2\r\n\r\nok" },
        { "short status", "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok" },
        { "status with letters", "HTTP/1.1 2OO OK\r\nContent-Length: 2\r\n\r\nok" },
        { "another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n" },
        { "version 2", "HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\nok" },
    };

    [Theory]
    [MemberData(nameof(AmbiguousHeads))]
    public async Task An_ambiguous_request_is_refused_and_no_origin_sees_it(string what, string request)
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(request.Replace("{host}", slot.Host, StringComparison.Ordinal));
        var answer = await client.ReadResponseAsync();

        Assert.True(answer.Status is 400 or 501 or 505, $"{what}: {answer.StartLine}");
        Assert.NotEqual(WireEnd.Open, await client.ReadEndAsync());
        await AssertFirstSeenAsync(slot, "/after");
    }

    [Theory]
    [MemberData(nameof(BadChunks))]
    public async Task A_bad_chunk_never_becomes_a_complete_request(string what, string body)
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("POST /bad", "Transfer-Encoding: chunked") + body);
        var answer = await client.ReadResponseAsync();

        Assert.True(answer.Status == 400, $"{what}: {answer.StartLine}");
        Assert.NotEqual(WireEnd.Open, await client.ReadEndAsync());
        if (slot.Origin.Connections > 0)
        {
            using var connection = await slot.Origin.ConnectionAsync();
            var seen = System.Text.Encoding.Latin1.GetString(await connection.ReadToEndAsync());
            Assert.False(seen.EndsWith("0\r\n\r\n", StringComparison.Ordinal), $"{what}: the origin saw {seen}");
        }
    }

    [Theory]
    [MemberData(nameof(BadResponses))]
    public async Task A_badly_framed_response_becomes_502_and_its_connection_is_not_used_again(string what, string response)
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /"));
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync(response);
        var answer = await client.ReadResponseAsync();

        Assert.True(answer.Status == 502, $"{what}: {answer.StartLine}");
        Assert.Contains("http_protocol_error", answer.Value("Proxy-Status"), StringComparison.Ordinal);
        Assert.NotEqual(WireEnd.Open, await origin.ReadEndAsync());
    }

    [Fact]
    public async Task A_body_of_known_length_arrives_whole_both_ways()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();
        var up = Pattern(300_000);
        var down = Pattern(2_000_000);

        var sending = client.SendAsync(slot.Post("/", up));
        var (origin, request) = await slot.Origin.RequestAsync();
        await sending;
        var answering = origin.SendAsync(Answer.Ok(down));
        var answer = await client.ReadResponseAsync();
        await answering;

        Assert.True(request.Text == up, "The request body differs.");
        Assert.True(answer.Text == down, "The response body differs.");
        Assert.False(answer.IsChunked);
    }

    [Fact]
    public async Task A_chunked_body_arrives_whole_both_ways()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();
        var piece = Pattern(5_000);

        await client.SendAsync(slot.Request("POST /", "Transfer-Encoding: chunked") + Chunks(piece, 20));
        var (origin, request) = await slot.Origin.RequestAsync();
        await origin.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + Chunks(piece, 30));
        var answer = await client.ReadResponseAsync();

        Assert.Equal(20 * piece.Length, request.Body.Length);
        Assert.Equal(string.Concat(Enumerable.Repeat(piece, 30)), answer.Text);
        Assert.True(answer.Complete);
    }

    [Fact]
    public async Task Messages_in_single_bytes_mean_the_same()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();
        var request = slot.Request("POST /bytes", "Transfer-Encoding: chunked") + "5;x=y\r\nhello\r\n1\r\n!\r\n0\r\n\r\n";

        await client.SendPiecesAsync(request.Select(c => c.ToString()));
        var (origin, received) = await slot.Origin.RequestAsync();
        await origin.SendPiecesAsync(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".Select(c => c.ToString()));
        var answer = await client.ReadResponseAsync();

        Assert.Equal("hello!", received.Text);
        Assert.Equal("abc", answer.Text);
    }

    [Fact]
    public async Task A_response_streams_before_its_end_is_there()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /stream"));
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");

        await client.ReadHeadAsync();
        Assert.EndsWith("first", await client.ReadUntilAsync("first"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cut_off_body_of_known_length_reaches_the_client_as_an_abort()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /cut"));
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        origin.Dispose();
        var answer = await client.ReadResponseAsync();

        Assert.False(answer.Complete);
        Assert.NotEqual(WireEnd.Open, client.End);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cut_off_chunked_body_never_gets_a_last_chunk(bool reset)
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /cut"));
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
        await client.ReadHeadAsync();
        await client.ReadUntilAsync("half");
        if (reset)
        {
            origin.Reset();
        }
        else
        {
            origin.Dispose();
        }

        var rest = System.Text.Encoding.Latin1.GetString(await client.ReadToEndAsync());
        Assert.DoesNotContain("0\r\n", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_chunk_in_a_response_never_becomes_a_complete_message()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /bad", "Connection: close"));
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n+1\r\nx\r\n0\r\n\r\n");
        var answer = await client.ReadResponseAsync();

        Assert.True(answer.Status == 502 || !answer.Complete, "The message was made to look complete.");
    }

    [Fact]
    public async Task A_response_that_ends_with_its_connection_gets_framing_of_its_own()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /old"));
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync("HTTP/1.0 200 OK\r\n\r\nuntil the end");
        origin.CloseSend();
        var answer = await client.ReadResponseAsync();

        Assert.Equal("until the end", answer.Text);
        Assert.True(answer.Complete);
        Assert.StartsWith("HTTP/1.1 200", answer.StartLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reset_is_not_the_end_of_a_response_that_ends_with_its_connection()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /old"));
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync("HTTP/1.0 200 OK\r\n\r\nuntil");
        var head = await client.ReadHeadAsync();
        await client.ReadUntilAsync("until");
        origin.Reset();
        var rest = System.Text.Encoding.Latin1.GetString(await client.ReadToEndAsync());

        if (head.IsChunked)
        {
            Assert.DoesNotContain("0\r\n", rest, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(WireEnd.Reset, client.End);
        }
    }

    [Fact]
    public async Task A_client_of_HTTP_1_0_never_gets_chunks()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync($"GET / HTTP/1.0\r\nHost: {slot.Host}\r\n\r\n");
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        var answer = await client.ReadResponseAsync();

        Assert.False(answer.IsChunked);
        Assert.Equal("abcde", answer.Text);
        Assert.Equal(WireEnd.Closed, await client.ReadEndAsync());
    }

    [Theory]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")]
    public async Task Bytes_behind_the_end_of_a_response_reach_nobody(string method, string response)
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request($"{method} /first"));
        var (first, _) = await slot.Origin.RequestAsync();
        await first.SendAsync(response + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL");
        var answer = await client.ReadResponseAsync(method);
        Assert.True(answer.Status is 200 or 204 or 304);

        await client.SendAsync(slot.Request("GET /second"));
        var (second, request) = await slot.Origin.RequestAsync();
        await second.SendAsync(Answer.Ok("good"));
        Assert.Equal("/second", request.Target);
        Assert.Equal("good", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task A_response_to_HEAD_keeps_its_length_and_the_connection()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("HEAD /"));
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        var head = await client.ReadResponseAsync("HEAD");
        Assert.Equal("1000", head.Value("Content-Length"));

        await client.SendAsync(slot.Request("GET /next"));
        Assert.Equal("/next", (await origin.ReadRequestAsync()).Target);
        await origin.SendAsync(Answer.Ok("ok"));
        Assert.Equal("ok", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_of_its_body_completes_no_request()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("POST /", "Transfer-Encoding: chunked") + "5\r\nhello\r\n");
        using var origin = await slot.Origin.ConnectionAsync();
        await origin.ReadUntilAsync("hello");
        client.Reset();
        var rest = System.Text.Encoding.Latin1.GetString(await origin.ReadToEndAsync());

        Assert.DoesNotContain("0\r\n", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_head_beyond_the_limit_is_431_and_a_long_target_414()
    {
        var slot = await SharedNode.TakeSlotAsync();

        var fields = await slot.Node.AskAsync(slot.Request("GET /", "A: " + new string('a', 100_000)));
        var target = await slot.Node.AskAsync(slot.Request("GET /" + new string('a', 20_000)));

        Assert.Equal(431, fields.Status);
        Assert.Equal(414, target.Status);
        await AssertFirstSeenAsync(slot, "/after");
    }

    /// <summary>The first thing the slot's origin gets to see is this target.</summary>
    private static async Task AssertFirstSeenAsync(Slot slot, string target)
    {
        using var client = await slot.ConnectAsync();
        await client.SendAsync(slot.Request($"GET {target}"));
        var (origin, request) = await slot.Origin.RequestAsync();
        await origin.SendAsync(Answer.Ok("ok"));

        Assert.Equal(target, request.Target);
        Assert.Equal("ok", (await client.ReadResponseAsync()).Text);
    }

    /// <summary>Text in which every place looks different from its neighbourhood.</summary>
    private static string Pattern(int length) =>
        string.Create(length, 0, (span, _) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = (char)('a' + ((i ^ (i >> 8)) % 26));
            }
        });

    private static string Chunks(string piece, int count) =>
        string.Concat(Enumerable.Repeat($"{piece.Length:X}\r\n{piece}\r\n", count)) + "0\r\n\r\n";
}
