using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Tests.Conformance;

namespace Proxy.Tests.Edge.Http1;

public sealed class ResponseHeadParserTests
{
    [Theory]
    [MemberData(nameof(ResponseHeadCorpus.Accepted), MemberType = typeof(ResponseHeadCorpus))]
    public void Accepts_what_is_unambiguous(string name, string text)
    {
        (HeadStatus status, HeadFault fault, _) = Reading.Response(text);

        Assert.Equal((name, HeadStatus.Complete, HeadFault.None), (name, status, fault));
    }

    [Theory]
    [MemberData(nameof(ResponseHeadCorpus.Refused), MemberType = typeof(ResponseHeadCorpus))]
    public void Refuses_what_is_not(string name, string text, HeadFault expected)
    {
        (HeadStatus status, HeadFault fault, _) = Reading.Response(text);

        Assert.Equal((name, HeadStatus.Invalid, expected), (name, status, fault));
    }

    [Theory]
    [InlineData("HTTP/1.1 404 Not Found", 404, "Not Found")]
    [InlineData("HTTP/1.1 200 ", 200, "")]
    [InlineData("HTTP/1.1 200", 200, "")]
    [InlineData("HTTP/1.1 200  two spaces", 200, " two spaces")]
    public void Fills_in_the_status_line(string line, int status, string reason)
    {
        ResponseHead head = Reading.AcceptedResponse($"{line}\r\nA: b\r\n\r\nbody");

        Assert.Equal(status, head.Status);
        Assert.Equal(reason, Reading.Text(head.Reason));
        Assert.Equal("b", Reading.Text(head.Value(0)));
        Assert.Equal($"{line}\r\nA: b\r\n\r\n".Length, head.Length);
    }

    [Theory]
    [InlineData(200, "Content-Length: 5", Method.Get, BodyKind.Length, 5)]
    [InlineData(200, "Content-Length: 0", Method.Get, BodyKind.None, 0)]
    [InlineData(200, "Transfer-Encoding: chunked", Method.Get, BodyKind.Chunked, 0)]
    [InlineData(200, "A: b", Method.Get, BodyKind.UntilClose, 0)]
    [InlineData(200, "Content-Length: 5", Method.Head, BodyKind.None, 0)]
    [InlineData(200, "Transfer-Encoding: chunked", Method.Head, BodyKind.None, 0)]
    [InlineData(200, "A: b", Method.Head, BodyKind.None, 0)]
    [InlineData(304, "Content-Length: 5", Method.Get, BodyKind.None, 0)]
    [InlineData(304, "Transfer-Encoding: chunked", Method.Get, BodyKind.None, 0)]
    [InlineData(204, "A: b", Method.Get, BodyKind.None, 0)]
    [InlineData(103, "A: b", Method.Get, BodyKind.None, 0)]
    [InlineData(101, "A: b", Method.Get, BodyKind.None, 0)]
    [InlineData(200, "Content-Length: 5", Method.Connect, BodyKind.None, 0)]
    [InlineData(200, "Transfer-Encoding: chunked", Method.Connect, BodyKind.None, 0)]
    [InlineData(403, "Content-Length: 5", Method.Connect, BodyKind.Length, 5)]
    public void Frames_the_body(int status, string line, Method method, BodyKind body, long length)
    {
        ResponseHead head = Reading.AcceptedResponse($"HTTP/1.1 {status} x\r\n{line}\r\n\r\n", method);

        Assert.Equal((body, length), (head.Body, head.ContentLength));
    }

    [Theory]
    [InlineData(204, Method.Get, "")]
    [InlineData(200, Method.Connect, "")]
    [InlineData(304, Method.Get, "Content-Length: 0\r\n")]
    [InlineData(200, Method.Head, "Content-Length: 0\r\n")]
    public void A_length_that_must_not_be_sent_is_not_passed_on(int status, Method method, string forwarded)
    {
        ResponseHead head = Reading.AcceptedResponse($"HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n", method);

        Assert.Equal(forwarded, Reading.Forwarded(head));
    }

    [Theory]
    [InlineData(Method.Head, HeadFault.LengthWithChunked)]
    [InlineData(Method.Connect, HeadFault.None)]
    public void Contradictory_framing_is_refused_even_where_no_body_follows(Method method, HeadFault expected)
    {
        HeadFault fault = Reading.Response(
            "HTTP/1.1 200 x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", method).Fault;

        Assert.Equal(expected, fault);
    }

    [Fact]
    public void A_switch_of_protocols_is_seen()
    {
        ResponseHead head = Reading.AcceptedResponse(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nA: b\r\n\r\n");

        Assert.True(head.HasUpgrade);
        Assert.False(head.IsInterim);
        Assert.Equal("A: b\r\n", Reading.Forwarded(head));
    }

    [Fact]
    public void An_endless_head_is_refused()
    {
        Http1Limits limits = new() { HeadBytes = 1024 };

        HeadFault fault = Reading.Response($"HTTP/1.1 200 {new string('x', 1100)}", Method.Get, limits).Fault;

        Assert.Equal(HeadFault.HeadTooLarge, fault);
    }
}
