using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Tests.Conformance;

namespace Proxy.Tests.Edge.Http1;

public sealed class RequestHeadParserTests
{
    [Theory]
    [MemberData(nameof(RequestHeadCorpus.Accepted), MemberType = typeof(RequestHeadCorpus))]
    public void Accepts_what_is_unambiguous(string name, string text)
    {
        (HeadStatus status, HeadFault fault, RequestHead head) = Reading.Request(text);

        Assert.Equal((name, HeadStatus.Complete, HeadFault.None), (name, status, fault));
        Assert.Equal(text.IndexOf("\r\n\r\n", head.Start - 7, StringComparison.Ordinal) + 4 + 7, head.End);
    }

    [Theory]
    [MemberData(nameof(RequestHeadCorpus.Refused), MemberType = typeof(RequestHeadCorpus))]
    public void Refuses_what_is_not(string name, string text, HeadFault expected)
    {
        (HeadStatus status, HeadFault fault, _) = Reading.Request(text);

        Assert.Equal((name, HeadStatus.Invalid, expected), (name, status, fault));
    }

    [Theory]
    [InlineData(HeadFault.BadTarget, 400)]
    [InlineData(HeadFault.LengthWithChunked, 400)]
    [InlineData(HeadFault.TargetTooLong, 414)]
    [InlineData(HeadFault.BadExpect, 417)]
    [InlineData(HeadFault.HeadTooLarge, 431)]
    [InlineData(HeadFault.TooManyFields, 431)]
    [InlineData(HeadFault.UnsupportedTransferCoding, 501)]
    [InlineData(HeadFault.UnsupportedVersion, 505)]
    public void Faults_have_a_status(HeadFault fault, int status) => Assert.Equal(status, fault.StatusCode());

    [Fact]
    public void Fills_in_the_request_line()
    {
        RequestHead head = Reading.Accepted("\r\nPUT /a/b?c=d HTTP/1.0\r\nHost: x:81\r\n\r\nrest");

        Assert.Equal(Method.Put, head.Method);
        Assert.Equal("PUT", Reading.Text(head.MethodBytes));
        Assert.Equal("/a/b?c=d", Reading.Text(head.Target));
        Assert.Equal("/a/b", Reading.Text(head.Path));
        Assert.Equal("c=d", Reading.Text(head.Query));
        Assert.Equal("x:81", Reading.Text(head.Authority));
        Assert.Equal("x", Reading.Text(head.Host));
        Assert.True(head.IsHttp10);
        Assert.Equal(TargetForm.Origin, head.Form);
        Assert.Equal(9, head.Start);
        Assert.Equal("PUT /a/b?c=d HTTP/1.0\r\nHost: x:81\r\n\r\n".Length, head.Length);
    }

    [Fact]
    public void Fills_in_the_fields()
    {
        RequestHead head = Reading.Accepted(
            "GET / HTTP/1.1\r\nhOST:x\r\nX-Own:  a b \t\r\nCookie: c\r\nCookie: d\r\n\r\n");

        Assert.Equal(4, head.FieldCount);
        Assert.Equal(
            [HeaderId.Host, HeaderId.Other, HeaderId.Cookie, HeaderId.Cookie],
            head.Fields.Take(4).Select(field => field.Id));
        Assert.Equal("X-Own", Reading.Text(head.Name(1)));
        Assert.Equal("a b", Reading.Text(head.Value(1)));
        Assert.Equal("c", Reading.Text(head.Value(HeaderId.Cookie)));
        Assert.True(head.Has(HeaderId.Cookie));
        Assert.False(head.Has(HeaderId.Expect));
        Assert.Equal(head.FieldsStart, head.Fields[0].LineStart);
        Assert.Equal(head.Fields[0].LineEnd, head.Fields[1].LineStart);
        Assert.Equal(head.End - 2, head.Fields[3].LineEnd);
    }

    [Theory]
    [InlineData("/", "/", null)]
    [InlineData("/?", "/", "")]
    [InlineData("/a?b?c", "/a", "b?c")]
    [InlineData("/a%3fb", "/a%3fb", null)]
    [InlineData("http://h/p?q", "/p", "q")]
    [InlineData("http://h?q", "", "q")]
    [InlineData("http://h", "", null)]
    public void Splits_the_target(string target, string path, string? query)
    {
        RequestHead head = Reading.Accepted($"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n");

        Assert.Equal(path, Reading.Text(head.Path));
        Assert.Equal(query, head.HasQuery ? Reading.Text(head.Query) : null);
    }

    [Fact]
    public void An_absolute_target_overrides_Host_and_Host_is_not_forwarded()
    {
        RequestHead head = Reading.Accepted("GET http://b.example:8080/x HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n");

        Assert.Equal(TargetForm.Absolute, head.Form);
        Assert.Equal("b.example:8080", Reading.Text(head.Authority));
        Assert.Equal("b.example", Reading.Text(head.Host));
        Assert.Equal("X: y\r\n", Reading.Forwarded(head));
    }

    [Fact]
    public void An_IPv6_host_keeps_its_brackets()
    {
        RequestHead head = Reading.Accepted("GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n");

        Assert.Equal("[2001:db8::1]", Reading.Text(head.Host));
    }

    [Theory]
    [InlineData("Content-Length: 5", BodyKind.Length, 5)]
    [InlineData("Content-Length: 0", BodyKind.None, 0)]
    [InlineData("Transfer-Encoding: Chunked", BodyKind.Chunked, 0)]
    [InlineData("X: y", BodyKind.None, 0)]
    public void Frames_the_body(string line, BodyKind body, long length)
    {
        RequestHead head = Reading.Accepted($"GET / HTTP/1.1\r\nHost: h\r\n{line}\r\n\r\n");

        Assert.Equal((body, length), (head.Body, head.ContentLength));
    }

    [Fact]
    public void Expect_is_ignored_on_HTTP_1_0()
    {
        Assert.True(Reading.Accepted("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n").ExpectsContinue);
        Assert.False(Reading.Accepted("PUT / HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\n\r\n").ExpectsContinue);
    }

    [Theory]
    [InlineData("trailers", true)]
    [InlineData("gzip;q=0.5, Trailers", true)]
    [InlineData("gzip", false)]
    [InlineData("", false)]
    public void TE_names_trailers(string value, bool accepts)
    {
        RequestHead head = Reading.Accepted($"GET / HTTP/1.1\r\nHost: h\r\nTE: {value}\r\nConnection: TE\r\n\r\n");

        Assert.Equal(accepts, head.AcceptsTrailers);
    }

    [Fact]
    public void Heads_over_a_limit_are_refused_with_a_status_of_their_own()
    {
        Http1Limits limits = new() { HeadBytes = 1024, TargetBytes = 256, Fields = 3 };
        string three = "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\nC: d\r\n";

        Assert.Equal(HeadStatus.Complete, Reading.Request(three + "\r\n", limits).Status);
        Assert.Equal(HeadFault.TooManyFields, Reading.Request(three + "E: f\r\n\r\n", limits).Fault);
        string longTarget = $"GET /{new string('a', 256)} HTTP/1.1\r\n";
        Assert.Equal(HeadFault.TargetTooLong, Reading.Request(longTarget, limits).Fault);
        Assert.Equal(HeadFault.TargetTooLong, Reading.Request($"GET /{new string('a', 600)}", limits).Fault);
        string large = $"GET / HTTP/1.1\r\nHost: h\r\nA: {new string('a', 1100)}";
        Assert.Equal(HeadFault.HeadTooLarge, Reading.Request(large, limits).Fault);
        Assert.Equal(HeadFault.HeadTooLarge, Reading.Request(large + "\r\n\r\n", limits).Fault);
    }

    [Fact]
    public void A_field_name_longer_than_its_slot_can_say_is_refused()
    {
        Http1Limits limits = new() { HeadBytes = 1024 * 1024 };

        HeadFault fault =
            Reading.Request($"GET / HTTP/1.1\r\nHost: h\r\n{new string('a', 65536)}: b\r\n\r\n", limits).Fault;

        Assert.Equal(HeadFault.HeadTooLarge, fault);
    }

    [Fact]
    public void Violations_are_reported_before_the_head_is_complete()
    {
        Assert.Equal(HeadFault.BareLf, Reading.Request("GET / HTTP/1.1\r\nHost: h\n").Fault);
        Assert.Equal(HeadFault.BareCr, Reading.Request("GET / HTTP/1.1\r\nHost: h\rX").Fault);
        Assert.Equal(HeadFault.ControlCharacter, Reading.Request("GET / HTTP/1.1\r\nHost: h\0").Fault);
        Assert.Equal(HeadFault.BadFieldName, Reading.Request("GET / HTTP/1.1\r\nHost : h\r\n").Fault);
        Assert.Equal(HeadFault.UnsupportedVersion, Reading.Request("GET / HTTP/2.0\r\n").Fault);
        Assert.Equal(HeadStatus.Incomplete, Reading.Request("GET / HTTP/1.1\r\nHost: h\r").Status);
    }

    [Fact]
    public void A_head_that_arrives_byte_by_byte_is_the_same_head()
    {
        byte[] bytes = Encoding.Latin1.GetBytes("\r\nGET /x HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\nbody");
        RequestHead head = new();
        int scanned = 0;
        int complete = 0;
        for (int length = 0; length <= bytes.Length && complete == 0; length++)
        {
            HeadStatus status = RequestHeadParser.Parse(
                bytes, 0, length, ref scanned, head, new Http1Limits(), out HeadFault fault);
            Assert.Equal(HeadFault.None, fault);
            Assert.Equal(status == HeadStatus.Incomplete ? length : scanned, scanned);
            complete = status == HeadStatus.Complete ? length : 0;
        }

        Assert.Equal(bytes.Length - 4, complete);
        Assert.Equal(complete, head.End);
        Assert.Equal(2, head.FieldCount);
        Assert.Equal("/x", Reading.Text(head.Target));
    }
}
