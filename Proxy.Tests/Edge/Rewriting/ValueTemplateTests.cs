using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Topology;
using Proxy.Tests.Edge.Routing;

namespace Proxy.Tests.Edge.Rewriting;

public sealed class ValueTemplateTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("100%%", "100%")]
    [InlineData("%{client-ip}:%{client-port}", "203.0.113.5:4711")]
    [InlineData("%{scheme}://%{authority}%{uri}", "https://Example.com:8443/a%20b?q=1")]
    [InlineData("%{host}|%{path}|%{query}", "Example.com|/a%20b|q=1")]
    [InlineData("%{method} %{rest}", "POST a%20b")]
    [InlineData("%{listener}/%{route}/%{pool}/%{member}", "web/shop/app/")]
    [InlineData("%{request-id}", "id-1")]
    [InlineData("%{header:user-agent}|%{header:missing}", "curl|")]
    [InlineData("%{cookie:s}|%{cookie:x}", "1|")]
    [InlineData("$1 {x}", "$1 {x}")]
    public void Placeholders_stand_for_the_exchange(string template, string expected) =>
        Assert.Equal(expected, Write(template, Head()));

    [Theory]
    [InlineData("%{nothing}")]
    [InlineData("%{client-ip:x}")]
    [InlineData("%{header}")]
    [InlineData("%{header:}")]
    [InlineData("%")]
    [InlineData("50% off")]
    [InlineData("%{client-ip")]
    [InlineData("a\r\nb")]
    [InlineData("%{env:NO_SUCH_VARIABLE_HERE}")]
    public void What_cannot_be_compiled_is_an_error(string template)
    {
        Assert.False(ValueTemplate.TryParse(template, out _, out string error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void An_unknown_placeholder_is_answered_with_the_known_ones()
    {
        Assert.False(ValueTemplate.TryParse("%{clientip}", out _, out string error));

        Assert.Contains("clientip", error, StringComparison.Ordinal);
        Assert.Contains("%{client-ip}", error, StringComparison.Ordinal);
        Assert.Contains("%{header:NAME}", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Environment_variables_are_read_when_compiling() =>
        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), Write("%{env:PATH}", Head()));

    [Fact]
    public void Values_never_bring_a_line_end_or_nul()
    {
        const int seed = 41;
        var random = new Random(seed);
        byte[] output = new byte[4096];
        Assert.True(ValueTemplate.TryParse(
            "%{header:X}%{uri}%{cookie:a}%{method}%{authority}", out ValueTemplate? template, out _));
        RequestHead head = HeadBuilder.Request(
            "/a?bcdefgh", fields: ["X: 12345678901234567890", "Cookie: a=1234567890"]);
        for (int round = 0; round < 5_000; round++)
        {
            random.NextBytes(head.Buffer.AsSpan(0, head.FieldsStart));
            random.NextBytes(head.Buffer.AsSpan(head.Fields[1].ValueStart, head.Fields[1].ValueLength));
            random.NextBytes(head.Buffer.AsSpan(head.Fields[2].ValueStart + 2, 10));

            int length = template!.Write(Context(head), output);

            Assert.True(
                length >= 0 && !output.AsSpan(0, length).ContainsAnyInRange((byte)0, (byte)0x1F),
                $"seed {seed} round {round}");
        }
    }

    [Fact]
    public void A_value_that_does_not_fit_is_reported()
    {
        Assert.True(ValueTemplate.TryParse("%{path}", out ValueTemplate? template, out _));

        Assert.Equal(-1, template!.Write(Context(Head()), new byte[2]));
    }

    internal static RequestHead Head() => HeadBuilder.Request(
        "/a%20b?q=1", "Example.com:8443", "POST", "User-Agent: curl", "Cookie: r=0; s=1");

    internal static TemplateContext Context(RequestHead head) => new()
    {
        Head = head,
        Path = head.Path,
        MatchedLength = 1,
        Client = ClientAddress.FromIpv4(0xCB007105),
        ClientPort = 4711,
        Scheme = "https"u8,
        Authority = head.Authority,
        RequestId = "id-1"u8,
        Listener = "web",
        Route = "shop",
        Pool = "app",
    };

    private static string Write(string text, RequestHead head)
    {
        Assert.True(ValueTemplate.TryParse(text, out ValueTemplate? template, out string error), error);
        byte[] output = new byte[8192];
        return Encoding.UTF8.GetString(output, 0, template!.Write(Context(head), output));
    }
}
