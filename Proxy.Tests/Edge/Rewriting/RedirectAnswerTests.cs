using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Routing;
using Proxy.Tests.Edge.Routing;

namespace Proxy.Tests.Edge.Rewriting;

public sealed class RedirectAnswerTests
{
    [Theory]
    [InlineData("https://%{host}%{uri}", "/a%20b?q=1", "https://example.com/a%20b?q=1")]
    [InlineData("https://%{host}:8443%{path}", "/a?q=1", "https://example.com:8443/a")]
    [InlineData("%{scheme}://%{authority}/x", "/a", "https://example.com:8080/x")]
    [InlineData("/login?next=%{uri}", "/a?b=c&d", "/login?next=%2Fa%3Fb%3Dc%26d")]
    [InlineData("/login?next=%{path}&%{query}", "/a?b=c&d", "/login?next=%2Fa&b=c&d")]
    [InlineData("https://new.example/%{rest}", "/a/b", "https://new.example/a/b")]
    [InlineData("https://new.example%{rest}", "/.evil.example", "https://new.example/.evil.example")]
    [InlineData("https://%{header:X}/", "/a", "https://a%40evil%3A1%2F/")]
    [InlineData("https://%{header:X}.example/", "/a", "https://a%40evil%3A1%2F.example/")]
    [InlineData("%{path}", "//evil.example", "/evil.example")]
    [InlineData("/%{path}", "/evil.example", "/evil.example")]
    [InlineData("%{header:X}", "/a", "/a@evil:1/")]
    [InlineData("//cdn.example%{path}", "/a", "//cdn.example/a")]
    [InlineData("relative/page", "/a", "relative/page")]
    public void Values_stay_in_their_place(string location, string target, string expected) =>
        Assert.Equal(expected, Run(location, target));

    [Theory]
    [InlineData("/new/$1", "^/old/(.*)", "/old/x/y", "/new/x/y")]
    [InlineData("https://$1.example/", "^/(.*)", "/evil.example/x@y", "https://evil.example%2Fx%40y.example/")]
    [InlineData("$1", "^/(.*)", "/https://evil.example", "/https://evil.example")]
    [InlineData("/$1", "^/go(.*)", "/go//evil.example", "/evil.example")]
    [InlineData("/x?y=$1", "^/(.*)", "/a&b", "/x?y=a%26b")]
    public void Captures_stay_in_their_place(string location, string pattern, string target, string expected) =>
        Assert.Equal(expected, Run(location, target, pattern));

    [Theory]
    [InlineData(200, "/x")]
    [InlineData(302, "")]
    [InlineData(302, "/a b")]
    [InlineData(302, "/a\r\nb")]
    [InlineData(302, "/ä")]
    [InlineData(302, "%{no}")]
    [InlineData(302, "$x")]
    public void A_redirect_that_makes_no_sense_is_an_error(int status, string location)
    {
        Assert.False(RedirectAnswer.TryCreate(new RedirectRule(status, location), out _, out string error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void Random_requests_never_break_the_line_or_choose_the_host()
    {
        const int seed = 51;
        var random = new Random(seed);
        byte[] output = new byte[4096];
        Assert.True(RedirectAnswer.TryCreate(
            new RedirectRule(302, "%{path}%{header:X}?%{query}&x=%{header:X}"), out RedirectAnswer? answer, out _));
        RequestHead head = HeadBuilder.Request("/abcdefgh?qqqqqqq", fields: "X: 12345678901234567890");
        for (int round = 0; round < 5_000; round++)
        {
            random.NextBytes(head.Buffer.AsSpan(head.TargetStart, head.TargetLength));
            random.NextBytes(head.Buffer.AsSpan(head.Fields[1].ValueStart, 20));

            int length = answer!.WriteLocation(ValueTemplateTests.Context(head), default, output);

            string text = Encoding.Latin1.GetString(output, 0, length);
            Assert.True(text[0] == '/' && (text.Length == 1 || text[1] != '/'), $"seed {seed} round {round}: {text}");
            Assert.DoesNotContain(text, c => c is <= ' ' or > '~' or '#');
        }
    }

    [Fact]
    public void A_fixed_answer_is_checked_and_compiled()
    {
        var rule = new FixedResponseRule(403, "text/plain", "nö");

        Assert.True(FixedAnswer.TryCreate(rule, out FixedAnswer? answer, out _));
        Assert.Equal("nö", Encoding.UTF8.GetString(answer!.Body.Span));
        Assert.Equal("text/plain", Encoding.UTF8.GetString(answer.ContentType.Span));
        Assert.False(FixedAnswer.TryCreate(new FixedResponseRule(100, "text/plain", ""), out _, out _));
        Assert.False(FixedAnswer.TryCreate(new FixedResponseRule(204, "text/plain", "x"), out _, out _));
        Assert.False(FixedAnswer.TryCreate(new FixedResponseRule(200, "text/plain\r\nX: 1", "x"), out _, out _));
    }

    private static string Run(string location, string target, string? pattern = null)
    {
        var rule = new RedirectRule(302, location);
        Assert.True(RedirectAnswer.TryCreate(rule, out RedirectAnswer? answer, out string error), error);
        RequestHead head = HeadBuilder.Request(target, "example.com:8080", fields: "X: a@evil:1/");
        var captures = new RouteCaptures
        {
            Pattern = pattern is null ? null : RoutePattern.Compile(pattern),
            MatchedLength = 1,
        };
        byte[] output = new byte[1024];
        int length = answer!.WriteLocation(ValueTemplateTests.Context(head), captures, output);
        return Encoding.ASCII.GetString(output, 0, length);
    }
}
