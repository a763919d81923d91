using Proxy.Edge.Http2;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Edge.Http2;

/// <summary>What becomes text, and what is refused because it could be read as something else (RFC 9113 §8).</summary>
public sealed class RequestRulesTests
{
    [Fact]
    public void A_request_becomes_http1_text()
    {
        var rig = new SessionRig();

        rig.Receive(Http2Wire.Get(1, "/a?b=c", ("user-agent", "me"), ("cookie", "a=1"), ("cookie", "b=2")));

        Assert.Equal(
            "GET /a?b=c HTTP/1.1\r\nhost: test.example\r\nuser-agent: me\r\ncookie: a=1; b=2\r\n\r\n",
            rig.Streams[0].Head);
        Assert.True(rig.Streams[0].Ended);
    }

    [Fact]
    public void A_body_of_unknown_length_is_announced_as_chunked()
    {
        var rig = new SessionRig();

        rig.Receive(Http2Wire.Post(1));
        rig.Receive(Http2Wire.Post(3, "/", ("content-length", "2")));

        Assert.Contains("\r\ntransfer-encoding: chunked\r\n", rig.Streams[0].Head, StringComparison.Ordinal);
        Assert.DoesNotContain("chunked", rig.Streams[1].Head, StringComparison.Ordinal);
    }

    [Fact]
    public void Extended_connect_becomes_a_websocket_handshake()
    {
        var rig = new SessionRig();

        rig.Receive(Http2Wire.Frame(Http2Wire.Headers, Http2Wire.EndHeaders, 1, Http2Wire.Block(
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", "/chat"),
            (":authority", "test.example"), ("sec-websocket-version", "13"))));

        string head = rig.Streams[0].Head;
        Assert.StartsWith(
            "GET /chat HTTP/1.1\r\nhost: test.example\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: ",
            head,
            StringComparison.Ordinal);
        Assert.EndsWith("==\r\nsec-websocket-version: 13\r\n\r\n", head, StringComparison.Ordinal);
    }

    public static TheoryData<string, (string, string)[]> Malformed() => new()
    {
        { "upper case in a name", [.. Http2Wire.Pseudo("GET", "/"), ("X-Upper", "1")] },
        { "CR LF in a value", [.. Http2Wire.Pseudo("GET", "/"), ("x", "a\r\nx-evil: 1")] },
        { "LF in a value", [.. Http2Wire.Pseudo("GET", "/"), ("x", "a\nb")] },
        { "NUL in a value", [.. Http2Wire.Pseudo("GET", "/"), ("x", "a\0b")] },
        { "colon in a name", [.. Http2Wire.Pseudo("GET", "/"), ("x:y", "1")] },
        { "space in a name", [.. Http2Wire.Pseudo("GET", "/"), ("x y", "1")] },
        { "CR LF in a name", [.. Http2Wire.Pseudo("GET", "/"), ("x\r\ny", "1")] },
        { "an empty name", [.. Http2Wire.Pseudo("GET", "/"), ("", "1")] },
        { "white space around a value", [.. Http2Wire.Pseudo("GET", "/"), ("x", " a")] },
        { "connection", [.. Http2Wire.Pseudo("GET", "/"), ("connection", "close")] },
        { "transfer-encoding", [.. Http2Wire.Pseudo("GET", "/"), ("transfer-encoding", "chunked")] },
        { "upgrade", [.. Http2Wire.Pseudo("GET", "/"), ("upgrade", "h2c")] },
        { "keep-alive", [.. Http2Wire.Pseudo("GET", "/"), ("keep-alive", "1")] },
        { "proxy-connection", [.. Http2Wire.Pseudo("GET", "/"), ("proxy-connection", "close")] },
        { "te other than trailers", [.. Http2Wire.Pseudo("GET", "/"), ("te", "gzip")] },
        { "host against :authority", [.. Http2Wire.Pseudo("GET", "/"), ("host", "other.example")] },
        { "two hosts", [.. Http2Wire.Pseudo("GET", "/"), ("host", "test.example"), ("host", "test.example")] },
        { "an unknown pseudo-field", [.. Http2Wire.Pseudo("GET", "/"), (":x", "1")] },
        { "a pseudo-field behind fields", [("x", "1"), .. Http2Wire.Pseudo("GET", "/")] },
        { "a response's pseudo-field", [.. Http2Wire.Pseudo("GET", "/"), (":status", "200")] },
        { "a pseudo-field twice", [.. Http2Wire.Pseudo("GET", "/"), (":path", "/")] },
        { "no method", [(":scheme", "http"), (":path", "/")] },
        { "no path", [(":method", "GET"), (":scheme", "http")] },
        { "an empty path", [(":method", "GET"), (":scheme", "http"), (":path", "")] },
        { "no scheme", [(":method", "GET"), (":path", "/")] },
        { "a scheme that is not http", [(":method", "GET"), (":scheme", "ftp"), (":path", "/")] },
        { "a path without a slash", [.. Http2Wire.Pseudo("GET", "x")] },
        { "a space in the path", [.. Http2Wire.Pseudo("GET", "/a HTTP/1.1\r\nx: y")] },
        { "a space in the method", [.. Http2Wire.Pseudo("GET /evil", "/")] },
        { "plain CONNECT", [(":method", "CONNECT"), (":authority", "test.example:443")] },
        {
            "a protocol that is not websocket",
            [(":method", "CONNECT"), (":protocol", "ftp"), (":scheme", "http"), (":path", "/")]
        },
        { "a protocol without CONNECT", [.. Http2Wire.Pseudo("GET", "/"), (":protocol", "websocket")] },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_request_is_a_stream_error_and_the_connection_goes_on(string what, (string, string)[] fields)
    {
        var rig = new SessionRig();

        byte flags = Http2Wire.EndStream | Http2Wire.EndHeaders;
        rig.Receive(Http2Wire.Frame(Http2Wire.Headers, flags, 1, Http2Wire.Block(fields)));

        Http2Frame reset = Assert.Single(rig.Sent());
        Assert.True(reset is { Type: Http2Wire.Rst, Stream: 1, Error: (int)Http2Error.Protocol }, $"{what}: {reset}");
        Assert.Empty(rig.Streams);
        rig.Receive(Http2Wire.Get(3));
        Assert.Single(rig.Streams);
    }

    [Fact]
    public void A_head_that_is_too_large_gets_431_and_the_decoder_keeps_its_table()
    {
        var rig = new SessionRig(new Http2Limits { HeadBytes = 1024 });
        byte[] indexed = [0x40, 1, (byte)'k', 1, (byte)'v'];
        byte[] block = [.. Http2Wire.Block([.. Http2Wire.Pseudo("GET", "/"), ("x", new string('a', 2000))]), .. indexed];

        rig.Receive(Http2Wire.Frame(Http2Wire.Headers, 5, 1, block));
        rig.Receive(Http2Wire.Frame(Http2Wire.Headers, 5, 3, [.. Http2Wire.Block(Http2Wire.Pseudo("GET", "/")), 0xBE]));

        Assert.Contains("431"u8.ToArray(), Text(rig.Sent()[0]));
        Assert.Contains("\r\nk: v\r\n", Assert.Single(rig.Streams).Head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("content-length", "3")]
    [InlineData(":path", "/")]
    [InlineData("host", "x")]
    [InlineData("X", "1")]
    [InlineData("connection", "close")]
    public void Trailers_that_do_not_belong_there_are_a_stream_error(string name, string value)
    {
        var rig = new SessionRig();
        rig.Receive(Http2Wire.Post(1));

        rig.Receive(Http2Wire.Frame(Http2Wire.Headers, 5, 1, Http2Wire.Block((name, value))));

        Assert.Equal(Http2Error.Protocol, rig.Streams[0].Reset);
    }

    [Fact]
    public void Trailers_end_the_request()
    {
        var rig = new SessionRig();
        rig.Receive(Http2Wire.Post(1));
        rig.Receive(Http2Wire.Frame(Http2Wire.Data, 0, 1, "body"u8.ToArray()));

        rig.Receive(Http2Wire.Frame(Http2Wire.Headers, 5, 1, Http2Wire.Block(("x-sum", "42"))));

        Assert.Equal("body", rig.Streams[0].Body);
        Assert.Equal("x-sum: 42\r\n", rig.Streams[0].Trailers);
        Assert.True(rig.Streams[0].Ended);
    }

    private static IEnumerable<byte[]> Text(Http2Frame frame) =>
        Enumerable.Range(0, Math.Max(0, frame.Payload.Length - 2)).Select(i => frame.Payload[i..(i + 3)]);
}
