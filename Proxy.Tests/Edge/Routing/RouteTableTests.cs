using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Routing;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Edge.Routing;

public sealed class RouteTableTests
{
    private static readonly ClientAddress Client = ClientAddress.FromIpv4(0x0A000001);

    [Theory]
    [InlineData("/foo", "/foo", true)]
    [InlineData("/foo", "/foo/", true)]
    [InlineData("/foo", "/foo/x", true)]
    [InlineData("/foo", "/foobar", false)]
    [InlineData("/foo", "/fo", false)]
    [InlineData("/foo/", "/foo", false)]
    [InlineData("/foo/", "/foo/", true)]
    [InlineData("/foo/", "/foo/x", true)]
    [InlineData("/", "/anything", true)]
    [InlineData("/a b", "/a%20b/c", true)]
    [InlineData("/%7euser", "/~user", true)]
    public void A_prefix_ends_on_segment_borders(string prefix, string path, bool matches) =>
        Assert.Equal(matches ? 0 : -1, Match([Prefix(prefix)], path));

    [Theory]
    [InlineData("example.com", "example.com", true)]
    [InlineData("example.com", "EXAMPLE.com:8080", true)]
    [InlineData("example.com", "example.com.", true)]
    [InlineData("example.com.", "example.com", true)]
    [InlineData("example.com", "www.example.com", false)]
    [InlineData("*.example.com", "www.example.com", true)]
    [InlineData("*.example.com", "a.b.EXAMPLE.com:80", true)]
    [InlineData("*.example.com", "example.com", false)]
    [InlineData("*.example.com", ".example.com", false)]
    [InlineData("*.example.com", "evilexample.com", false)]
    [InlineData("*", "anything", true)]
    [InlineData("[::1]", "[::1]:80", true)]
    [InlineData("example.com", "", false)]
    public void Hosts_compare_without_case_port_and_trailing_dot(string rule, string host, bool matches) =>
        Assert.Equal(matches ? 0 : -1, Match([new RouteMatch { Hosts = [rule] }], "/", host));

    [Fact]
    public void The_first_match_wins_across_hosts_and_kinds()
    {
        RouteMatch[] rules =
        [
            new() { Hosts = ["*.example.com"], PathKind = PathMatchKind.Exact, Path = "/x" },
            new() { PathKind = PathMatchKind.Prefix, Path = "/api" },
            new() { Hosts = ["www.example.com"] },
            new(),
        ];

        Assert.Equal(0, Match(rules, "/x", "www.example.com"));
        Assert.Equal(1, Match(rules, "/api/x", "www.example.com"));
        Assert.Equal(2, Match(rules, "/y", "www.example.com"));
        Assert.Equal(3, Match(rules, "/y", "other.example.com"));
    }

    [Fact]
    public void An_exclusion_is_an_earlier_rule_or_an_excluded_prefix()
    {
        RouteMatch[] rules =
        [
            new() { PathKind = PathMatchKind.Prefix, Path = "/", ExcludePaths = ["/static", "/private/"] },
            new(),
        ];

        Assert.Equal(0, Match(rules, "/a"));
        Assert.Equal(1, Match(rules, "/static"));
        Assert.Equal(1, Match(rules, "/static/x"));
        Assert.Equal(0, Match(rules, "/staticfiles"));
        Assert.Equal(0, Match(rules, "/private"));
        Assert.Equal(1, Match(rules, "/private/x"));
    }

    [Fact]
    public void A_regular_expression_leaves_its_pattern_for_captures()
    {
        var table = new RouteTable([new RouteMatch { PathKind = PathMatchKind.Regex, Path = "^/u/([0-9]+)$" }]);
        var captures = default(RouteCaptures);

        Assert.Equal(0, table.Match(HeadBuilder.Request("/u/12"), "/u/12"u8, Client, ref captures));
        Assert.Equal("12", captures.Pattern!.Match("/u/12").Groups[1].Value);
        Assert.Equal(-1, table.Match(HeadBuilder.Request("/u/x"), "/u/x"u8, Client, ref captures));
    }

    [Theory]
    [InlineData("(")]
    [InlineData("(?=x)")]
    [InlineData("(a)\\1")]
    public void An_expression_the_engine_cannot_run_is_refused_when_compiling(string pattern) =>
        Assert.ThrowsAny<ArgumentException>(
            () => new RouteTable([new RouteMatch { PathKind = PathMatchKind.Regex, Path = pattern }]));

    [Fact]
    public void The_matched_length_is_that_of_the_prefix_or_exact_path()
    {
        var table = new RouteTable([Prefix("/app/"), new() { PathKind = PathMatchKind.Exact, Path = "/x" }, new()]);
        var captures = default(RouteCaptures);

        table.Match(HeadBuilder.Request("/app/y"), "/app/y"u8, Client, ref captures);
        Assert.Equal(5, captures.MatchedLength);
        table.Match(HeadBuilder.Request("/x"), "/x"u8, Client, ref captures);
        Assert.Equal(2, captures.MatchedLength);
        table.Match(HeadBuilder.Request("/y"), "/y"u8, Client, ref captures);
        Assert.Equal(0, captures.MatchedLength);
    }

    [Theory]
    [InlineData("GET", "GET", true)]
    [InlineData("GET", "POST", false)]
    [InlineData("PURGE", "PURGE", true)]
    [InlineData("PURGE", "purge", false)]
    public void Methods_compare_exactly(string rule, string method, bool matches)
    {
        var table = new RouteTable([new RouteMatch { Methods = [rule] }]);
        var captures = default(RouteCaptures);

        Assert.Equal(
            matches ? 0 : -1, table.Match(HeadBuilder.Request(method: method), "/"u8, Client, ref captures));
    }

    [Theory]
    [InlineData(ValueMatchKind.Present, "", "a=1", true)]
    [InlineData(ValueMatchKind.Present, "", "aa=1", false)]
    [InlineData(ValueMatchKind.Absent, "", "b=1; A=1", true)]
    [InlineData(ValueMatchKind.Absent, "", "b=1; a=", false)]
    [InlineData(ValueMatchKind.Exact, "1", "xa=1; b=a=1", false)]
    [InlineData(ValueMatchKind.Exact, "1", "b=2; a=1", true)]
    [InlineData(ValueMatchKind.Exact, "1", "b=2;a=\"1\"", true)]
    [InlineData(ValueMatchKind.Exact, "1", "a=2; a=1", true)]
    [InlineData(ValueMatchKind.Prefix, "ab", "a=abc", true)]
    [InlineData(ValueMatchKind.Regex, "^[0-9]+$", "a=12", true)]
    [InlineData(ValueMatchKind.Regex, "^[0-9]+$", "a=1x", false)]
    public void Cookies_are_read_as_pairs(ValueMatchKind kind, string value, string cookie, bool matches)
    {
        RouteMatch rule = new() { Cookies = [new ValueMatch("a", kind, value)] };

        Assert.Equal(matches ? 0 : -1, Match([rule], "/", fields: [$"Cookie: {cookie}"]));
    }

    [Theory]
    [InlineData(ValueMatchKind.Exact, "b c", "/?a=b%20c", true)]
    [InlineData(ValueMatchKind.Exact, "b c", "/?x&a=b+c", true)]
    [InlineData(ValueMatchKind.Exact, "b", "/?%61=%62", true)]
    [InlineData(ValueMatchKind.Exact, "b", "/?A=b", false)]
    [InlineData(ValueMatchKind.Exact, "%zz", "/?a=%zz", true)]
    [InlineData(ValueMatchKind.Present, "", "/?a", true)]
    [InlineData(ValueMatchKind.Present, "", "/", false)]
    [InlineData(ValueMatchKind.Absent, "", "/", true)]
    [InlineData(ValueMatchKind.Regex, "^x+ $", "/?a=y&a=xx%20", true)]
    public void Query_parameters_compare_decoded(ValueMatchKind kind, string value, string target, bool matches)
    {
        var table = new RouteTable([new RouteMatch { Query = [new ValueMatch("a", kind, value)] }]);
        var captures = default(RouteCaptures);

        Assert.Equal(matches ? 0 : -1, table.Match(HeadBuilder.Request(target), "/"u8, Client, ref captures));
    }

    [Fact]
    public void Headers_compare_by_name_without_case_and_by_any_of_their_values()
    {
        RouteMatch rule = new() { Headers = [new ValueMatch("x-kind", ValueMatchKind.Exact, "b")] };

        Assert.Equal(0, Match([rule], "/", fields: ["X-Kind: a", "X-KIND: b"]));
        Assert.Equal(-1, Match([rule], "/", fields: ["X-Kind: bb"]));
    }

    [Fact]
    public void Sources_are_ranges_of_the_effective_client()
    {
        Assert.True(AddressRange.TryParse("10.0.0.0/8", out AddressRange range));
        var table = new RouteTable([new RouteMatch { Sources = [range] }]);
        var captures = default(RouteCaptures);
        RequestHead head = HeadBuilder.Request();

        Assert.Equal(0, table.Match(head, "/"u8, Client, ref captures));
        Assert.Equal(-1, table.Match(head, "/"u8, ClientAddress.FromIpv4(0x0B000001), ref captures));
        Assert.Equal(-1, table.Match(head, "/"u8, ClientAddress.Unknown, ref captures));
    }

    [Fact]
    public void A_compiled_table_answers_like_a_plain_walk_over_the_rules()
    {
        const int seed = 11;
        var random = new Random(seed);
        for (int round = 0; round < 400; round++)
        {
            RouteMatch[] rules = [.. Enumerable.Range(0, random.Next(0, 60)).Select(_ => RandomRule(random))];
            var table = new RouteTable(rules);
            for (int i = 0; i < 40; i++)
            {
                string host = Pick(random, "a.com", "A.com:1", "x.a.com", "y.x.a.com", "b.com.", "c", "");
                string[] segments =
                    [.. Enumerable.Range(0, random.Next(4)).Select(_ => Pick(random, "a", "b", "ab", ""))];
                string path = "/" + string.Join('/', segments);
                string method = Pick(random, "GET", "POST", "PURGE");
                RequestHead head = HeadBuilder.Request(path, host, method, "X: 1");
                var captures = default(RouteCaptures);

                int actual = table.Match(head, Encoding.ASCII.GetBytes(path), Client, ref captures);

                int expected = Array.FindIndex(rules, r => PlainlyMatches(r, host, path, method));
                Assert.True(expected == actual, $"seed {seed} round {round}: {host} {path}: {expected} but {actual}");
            }
        }
    }

    [Fact]
    public void Matching_by_host_and_prefix_does_not_allocate()
    {
        var table = new RouteTable(
            [.. Enumerable.Range(0, 40).Select(i => Prefix($"/p{i}/") with { Hosts = ["a.com"] })]);
        RequestHead head = HeadBuilder.Request("/p39/x", "a.com");
        var captures = default(RouteCaptures);
        table.Match(head, "/p39/x"u8, Client, ref captures);

        long before = GC.GetAllocatedBytesForCurrentThread();
        int position = 0;
        for (int i = 0; i < 10_000; i++)
        {
            position = table.Match(head, "/p39/x"u8, Client, ref captures);
        }

        Assert.Equal(39, position);
        // Per request; a collection in another test makes this thread's count jump by up to 8 KB.
        Assert.Equal(0, (GC.GetAllocatedBytesForCurrentThread() - before) / 10_000);
    }

    private static RouteMatch RandomRule(Random random) => new()
    {
        Hosts = random.Next(3) == 0
            ? []
            : [Pick(random, "a.com", "*.a.com", "*.x.a.com", "b.com", "c", "*"), Pick(random, "a.com", "z")],
        PathKind = (PathMatchKind)random.Next(3),
        Path = Pick(random, "/", "/a", "/a/", "/a/b", "/ab", "/b/", "/a/b/"),
        Methods = random.Next(3) == 0 ? [Pick(random, "GET", "PURGE")] : [],
        ExcludePaths = random.Next(4) == 0 ? [Pick(random, "/a/b", "/b/")] : [],
        Headers = random.Next(5) == 0 ? [new ValueMatch("X", ValueMatchKind.Exact, Pick(random, "1", "2"))] : [],
    };

    private static bool PlainlyMatches(RouteMatch rule, string authority, string path, string method)
    {
        string host = authority.Split(':')[0].TrimEnd('.').ToLowerInvariant();
        bool hosts = rule.Hosts.Count == 0 || rule.Hosts.Any(h =>
            h == "*" || h == host || (h[0] == '*' && host.EndsWith(h[1..], StringComparison.Ordinal)));
        bool Under(string prefix) => path == prefix
            || path.StartsWith(prefix.EndsWith('/') ? prefix : prefix + "/", StringComparison.Ordinal);
        bool paths = rule.PathKind switch
        {
            PathMatchKind.Exact => path == rule.Path,
            PathMatchKind.Prefix => Under(rule.Path),
            _ => true,
        };
        return hosts && paths && !rule.ExcludePaths.Any(Under)
            && (rule.Methods.Count == 0 || rule.Methods.Contains(method))
            && rule.Headers.All(h => h.Value == "1");
    }

    private static string Pick(Random random, params string[] choices) => choices[random.Next(choices.Length)];

    private static RouteMatch Prefix(string path) => new() { PathKind = PathMatchKind.Prefix, Path = path };

    private static int Match(RouteMatch[] rules, string path, string host = "example.com", params string[] fields)
    {
        var captures = default(RouteCaptures);
        return new RouteTable(rules).Match(
            HeadBuilder.Request(path, host, fields: fields), Encoding.ASCII.GetBytes(path), Client, ref captures);
    }
}
