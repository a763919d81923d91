using System.Text;
using Proxy.Edge.Affinity;
using Proxy.Edge.Http;
using Proxy.Edge.Topology;
using Proxy.Tests.Edge.Balancing;

namespace Proxy.Tests.Edge.Affinity;

public sealed class CookieAffinityTests
{
    private static readonly CookieAffinityOptions Defaults = new();

    [Theory]
    [InlineData("ROUTEID=.a", "a")]
    [InlineData("ROUTEID=id.a", "a")]
    [InlineData("ROUTEID=a", "a")]
    [InlineData("x=1; ROUTEID=.b; y=2", "b")]
    [InlineData("x=1;ROUTEID=.b;y=2", "b")]
    [InlineData("x=1, ROUTEID=.b, y=2", "b")]
    [InlineData("ROUTEID=\".a\"", "a")]
    [InlineData("ROUTEID = .a", "a")]
    [InlineData("ROUTEID=.gone; ROUTEID=.b", "b")]
    [InlineData("ROUTEID=id.c.d", "c.d")]
    [InlineData("routeid=.a", null)]
    [InlineData("XROUTEID=.a", null)]
    [InlineData("ROUTEIDX=.a", null)]
    [InlineData("ROUTEID=x.y.b", null)]
    [InlineData("ROUTEID=.", null)]
    [InlineData("ROUTEID=", null)]
    [InlineData("ROUTEID", null)]
    [InlineData("ROUTEID=.A", null)]
    [InlineData("ROUTEID=.aa", null)]
    [InlineData("x=ROUTEID=.a", null)]
    [InlineData("", null)]
    [InlineData(";;,;", null)]
    public void The_route_is_what_follows_the_first_separator(string cookie, string? expected)
    {
        CookieAffinity affinity = Affinity(Defaults, out _);

        Assert.Equal(expected, affinity.Find(Head(cookie))?.Id.Name);
    }

    [Theory]
    [InlineData("ROUTEID=.a", "a")]
    [InlineData("ROUTEID=a", null)]
    public void A_value_without_the_separator_can_be_refused_as_apache_does(string cookie, string? expected)
    {
        CookieAffinity affinity = Affinity(Defaults with { AcceptBareRoute = false }, out _);

        Assert.Equal(expected, affinity.Find(Head(cookie))?.Id.Name);
    }

    [Theory]
    [InlineData("ROUTEID=a", "a")]
    [InlineData("ROUTEID=.a", null)]
    [InlineData("ROUTEID=c.d", "c.d")]
    public void Without_a_separator_the_whole_value_is_the_route(string cookie, string? expected)
    {
        CookieAffinity affinity = Affinity(Defaults with { Separator = null }, out _);

        Assert.Equal(expected, affinity.Find(Head(cookie))?.Id.Name);
    }

    [Fact]
    public void Several_cookie_fields_are_read_and_other_fields_are_not()
    {
        CookieAffinity affinity = Affinity(Defaults, out _);

        Assert.Equal("b", affinity.Find(Head("x=1", "ROUTEID=.b"))?.Id.Name);
        Assert.Null(affinity.Find(Head()));
        RequestHead other = Head("ROUTEID=.b");
        other.Fields[0].Id = HeaderId.Referer;
        Assert.Null(affinity.Find(other));
    }

    [Fact]
    public void A_very_long_value_is_no_route()
    {
        CookieAffinity affinity = Affinity(Defaults, out _);

        Assert.Null(affinity.Find(Head("ROUTEID=." + new string('a', 5000))));
    }

    [Fact]
    public void Of_members_with_one_route_the_first_that_serves_is_meant()
    {
        MemberState first = Candidates.Member("first");
        MemberState second = Candidates.Member("second");
        var affinity = new CookieAffinity(Defaults, [new("r", first), new("r", second)]);

        Assert.Same(first, affinity.Find(Head("ROUTEID=.r")));
        first.Grant = Grant.None;
        Assert.Same(second, affinity.Find(Head("ROUTEID=.r")));
        second.Grant = Grant.None;
        Assert.Same(first, affinity.Find(Head("ROUTEID=.r")));
    }

    [Fact]
    public void The_token_is_one_complete_header_line()
    {
        CookieAffinity affinity = Affinity(Defaults, out MemberState[] members);

        Assert.Equal("Set-Cookie: ROUTEID=.a; Path=/; HttpOnly; SameSite=Lax\r\n", Token(affinity, members[0], secure: false));
        Assert.Equal(
            "Set-Cookie: ROUTEID=.a; Path=/; Secure; HttpOnly; SameSite=Lax\r\n", Token(affinity, members[0], secure: true));
        Assert.True(affinity.Issues);
    }

    [Fact]
    public void Every_attribute_can_be_set()
    {
        var options = new CookieAffinityOptions
        {
            Name = "lb",
            Path = "/shop",
            Domain = "example.org",
            Secure = CookieSecurity.Always,
            HttpOnly = false,
            SameSite = CookieSameSite.Strict,
            MaxAge = TimeSpan.FromHours(1),
            Separator = '~',
            Issue = false,
        };
        CookieAffinity affinity = Affinity(options, out MemberState[] members);

        Assert.Equal(
            "Set-Cookie: lb=~b; Path=/shop; Domain=example.org; Max-Age=3600; Secure; SameSite=Strict\r\n",
            Token(affinity, members[1], secure: false));
        Assert.False(affinity.Issues);
    }

    [Fact]
    public void A_member_without_a_route_has_no_token()
    {
        Assert.Equal("", Token(Affinity(Defaults, out _), Candidates.Member("stranger"), secure: false));
    }

    [Fact]
    public void What_was_issued_is_found_again()
    {
        foreach (char? separator in new char?[] { '.', '!', null })
        {
            CookieAffinity affinity = Affinity(Defaults with { Separator = separator }, out MemberState[] members);
            foreach (MemberState member in members)
            {
                string cookie = Token(affinity, member, secure: true)["Set-Cookie: ".Length..].Split(';')[0];

                Assert.Same(member, affinity.Find(Head(cookie)));
            }
        }
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a;b")]
    [InlineData("a\r\nX: y")]
    [InlineData("ä")]
    [InlineData("")]
    public void A_route_that_could_break_the_header_is_refused(string route)
    {
        AffinityRoute[] routes = [new(route, Candidates.Member("a"))];

        Assert.NotNull(CookieAffinity.Problem(routes));
        Assert.Throws<ArgumentException>(() => new CookieAffinity(Defaults, routes));
    }

    [Fact]
    public void Options_that_could_break_the_header_are_refused()
    {
        Assert.Null(Defaults.Problem());
        Assert.NotNull((Defaults with { Name = "a b" }).Problem());
        Assert.NotNull((Defaults with { Name = "" }).Problem());
        Assert.NotNull((Defaults with { Path = "x" }).Problem());
        Assert.NotNull((Defaults with { Path = "/\r\n" }).Problem());
        Assert.NotNull((Defaults with { Domain = "a;b" }).Problem());
        Assert.NotNull((Defaults with { MaxAge = TimeSpan.Zero }).Problem());
        Assert.NotNull((Defaults with { Separator = ';' }).Problem());
        Assert.NotNull((Defaults with { SameSite = CookieSameSite.None, Secure = CookieSecurity.Never }).Problem());
    }

    [Fact]
    public void Finding_allocates_nothing()
    {
        CookieAffinity affinity = Affinity(Defaults, out MemberState[] members);
        RequestHead head = Head("x=1; y=2; ROUTEID=.b");
        byte[] line = new byte[200];
        affinity.Find(head);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            affinity.WriteToken(affinity.Find(head)!, secure: false, line);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(members[1], affinity.Find(head));
    }

    [Fact]
    public void Random_cookies_never_break_the_search()
    {
        const int Seed = 7;
        var random = new Random(Seed);
        CookieAffinity affinity = Affinity(Defaults, out _);
        for (int i = 0; i < 3000; i++)
        {
            string cookie = string.Concat(
                Enumerable.Range(0, random.Next(40)).Select(_ => "ROUTEID=.ab;, \"\t="[random.Next(15)]));
            string expected = cookie.Contains("ROUTEID", StringComparison.Ordinal) ? "any" : "none";

            MemberState? found = affinity.Find(Head(cookie));

            Assert.True(expected == "any" || found is null, $"seed {Seed}: '{cookie}' found {found}");
        }
    }

    private static CookieAffinity Affinity(CookieAffinityOptions options, out MemberState[] members)
    {
        members = [Candidates.Member("a"), Candidates.Member("b"), Candidates.Member("c.d")];
        return new CookieAffinity(options, [.. members.Select(static member => new AffinityRoute(member.Id.Name, member))]);
    }

    private static string Token(CookieAffinity affinity, MemberState member, bool secure)
    {
        byte[] line = new byte[affinity.MaxTokenLength];
        return Encoding.ASCII.GetString(line, 0, affinity.WriteToken(member, secure, line));
    }

    /// <summary>A head with only Cookie fields, laid out as the parser would.</summary>
    private static RequestHead Head(params string[] cookies)
    {
        var head = new RequestHead(8);
        var bytes = new List<byte>();
        foreach (string cookie in cookies)
        {
            ref HeaderField field = ref head.Fields[head.FieldCount++];
            field.Id = HeaderId.Cookie;
            field.LineStart = bytes.Count;
            field.NameLength = 6;
            bytes.AddRange(Encoding.Latin1.GetBytes("Cookie: "));
            field.ValueStart = bytes.Count;
            field.ValueLength = Encoding.Latin1.GetByteCount(cookie);
            bytes.AddRange(Encoding.Latin1.GetBytes(cookie + "\r\n"));
            field.LineEnd = bytes.Count;
            head.Present |= 1UL << (int)HeaderId.Cookie;
        }

        head.Buffer = [.. bytes];
        return head;
    }
}
