using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Routing;
using Proxy.Edge.Topology;
using Proxy.Tests.Edge.Routing;

namespace Proxy.Tests.Edge.Rewriting;

public sealed class TargetWriterTests
{
    [Theory]
    [InlineData("/a?x=1", "", "/a?x=1")]
    [InlineData("/a", "/base", "/base/a")]
    [InlineData("/a", "/base/", "/base/a")]
    [InlineData("/a?", "", "/a?")]
    [InlineData("/?q=[a|b]%zz", "", "/?q=[a|b]%zz")]
    [InlineData("/?q=a#b", "", "/?q=a%23b")]
    [InlineData("*", "/base", "*")]
    public void Without_a_rule_the_target_is_the_path_below_the_members_own(
        string target, string basePath, string expected) =>
        Assert.Equal(expected, Run(null, new RouteMatch(), target, basePath));

    [Theory]
    [InlineData("/app/", "/", "/app/x?q", "", "/x?q")]
    [InlineData("/app/", "/", "/app/", "", "/")]
    [InlineData("/app", "/", "/app", "", "/")]
    [InlineData("/app", "/", "/app/x", "", "/x")]
    [InlineData("/app", "", "/app/x", "", "/x")]
    [InlineData("/app/", "/new", "/app/x", "", "/new/x")]
    [InlineData("/app", "/new/", "/app/x", "", "/new/x")]
    [InlineData("/app", "/new", "/app", "", "/new")]
    [InlineData("/app", "/new/", "/app", "", "/new/")]
    [InlineData("/app/", "/new", "/app/", "", "/new/")]
    [InlineData("/app/", "/", "/app/x", "/base", "/base/x")]
    [InlineData("/app", "/", "/app", "/base", "/base/")]
    [InlineData("/", "/v1", "/x", "", "/v1/x")]
    [InlineData("/", "/v1/", "/", "", "/v1/")]
    public void A_prefix_is_replaced_with_exactly_one_slash_at_the_joint(
        string matched, string prefix, string target, string basePath, string expected) =>
        Assert.Equal(
            expected,
            Run(
                new PathRewriteRule { Prefix = prefix },
                new RouteMatch { PathKind = PathMatchKind.Prefix, Path = matched },
                target,
                basePath));

    [Fact]
    public void A_prefix_never_joins_to_two_slashes_when_slashes_are_not_merged()
    {
        var route = new RouteMatch { PathKind = PathMatchKind.Prefix, Path = "/app" };
        var policy = new PathPolicy { MergeSlashes = false };

        Assert.Equal("/evil", Run(new PathRewriteRule { Prefix = "/" }, route, "/app//evil", policy: policy));
    }

    [Theory]
    [InlineData("/app;v=1/x;y=2", "/new/x;y=2")]
    [InlineData("/app;v=1", "/new")]
    [InlineData("/app/;v=1/x", "/new/;v=1/x")]
    public void Path_parameters_inside_the_matched_prefix_go_with_it(string target, string expected) =>
        Assert.Equal(
            expected,
            Run(
                new PathRewriteRule { Prefix = "/new" },
                new RouteMatch { PathKind = PathMatchKind.Prefix, Path = "/app" },
                target,
                policy: new PathPolicy { IgnorePathParameters = true }));

    [Theory]
    [InlineData("/app/%62/x", "/new/%62/x")]
    [InlineData("/%61pp/b/x", "/new/b/x")]
    public void A_raw_path_is_forwarded_behind_a_prefix_that_is_spelled_as_it_was_matched(
        string target, string expected) =>
        Assert.Equal(
            expected,
            Run(
                new PathRewriteRule { Prefix = "/new/" },
                new RouteMatch { PathKind = PathMatchKind.Prefix, Path = "/app/" },
                target,
                policy: new PathPolicy { ForwardRaw = true }));

    [Theory]
    [InlineData("^/u/([0-9]+)/(?<rest>.*)$", "/users/$1/${rest}", "/u/7/x/y?q=1", "/users/7/x/y?q=1")]
    [InlineData("^/u/(.*)$", "/find?id=$1", "/u/a&b=c?q=1", "/find?id=a%26b%3Dc&q=1")]
    [InlineData("/old/", "/new/", "/x/old/old/old/y", "/x/new/old/new/y")]
    [InlineData("^/nomatch", "/y", "/x", "/x")]
    [InlineData("^/x$", "no/slash", "/x", "/no/slash")]
    [InlineData("^/x$", "", "/x", "/")]
    [InlineData("^/x(.*)$", "/cost$$$1", "/x5", "/cost$5")]
    [InlineData("^/(%2)(.*)$", "/$1/$2", "/%2Ax", "/%252/Ax")]
    [InlineData("^/x(.*)$", "/a b#c$1", "/x", "/a%20b%23c")]
    [InlineData("^/a/(.*)$", "/s/$1/./t", "/a/b", "/s/b/t")]
    [InlineData("^(.*)$", "$9/x", "/a", "/x")]
    public void A_regular_expression_replaces_with_captures(
        string regex, string replacement, string target, string expected) =>
        Assert.Equal(
            expected, Run(new PathRewriteRule { Regex = regex, Replacement = replacement }, new RouteMatch(), target));

    [Fact]
    public void A_capture_cannot_climb_above_the_root()
    {
        var rule = new PathRewriteRule { Regex = "^/x(..)y(.*)$", Replacement = "/$1$2" };

        Assert.Equal("refused", Run(rule, new RouteMatch(), "/x..y/etc/passwd"));
    }

    [Fact]
    public void A_replacement_alone_uses_the_captures_of_the_route()
    {
        var route = new RouteMatch { PathKind = PathMatchKind.Regex, Path = "^/(?<lang>[a-z]{2})/(.*)" };

        Assert.Equal(
            "/site/index.html?lang=de",
            Run(new PathRewriteRule { Replacement = "/site/$1?lang=${lang}" }, route, "/de/index.html"));
    }

    [Theory]
    [InlineData("/?a=1&b=2&a=3", "/?b=2&n=x%20y%26")]
    [InlineData("/?%61=1", "/?n=x%20y%26")]
    [InlineData("/?n=old&c=", "/?c=&n=x%20y%26")]
    [InlineData("/", "/?n=x%20y%26")]
    public void Query_parameters_are_removed_and_set(string target, string expected) =>
        Assert.Equal(
            expected,
            Run(
                new PathRewriteRule { RemoveQuery = ["a"], SetQuery = [KeyValuePair.Create("n", "x y&")] },
                new RouteMatch(),
                target));

    [Fact]
    public void A_query_that_becomes_empty_leaves_no_question_mark() =>
        Assert.Equal("/", Run(new PathRewriteRule { RemoveQuery = ["a"] }, new RouteMatch(), "/?a=1"));

    [Theory]
    [InlineData(null, "(", "x")]
    [InlineData(null, "a", null)]
    [InlineData("/x", "a", "b")]
    [InlineData("x", null, null)]
    [InlineData(null, "a", "$x")]
    public void A_rule_that_makes_no_sense_is_an_error(string? prefix, string? regex, string? replacement)
    {
        var rule = new PathRewriteRule { Prefix = prefix, Regex = regex, Replacement = replacement };

        Assert.False(TargetWriter.TryCreate(rule, out _, out string error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void A_target_too_long_is_reported()
    {
        var path = new NormalizedPath("/abcdef"u8);

        Assert.Equal(
            TargetWriter.DoesNotFit,
            TargetWriter.Unchanged.Write(HeadBuilder.Request("/abcdef"), path, default, default, new byte[3]));
    }

    [Fact]
    public void Random_captures_never_leave_the_path()
    {
        const int seed = 31;
        var random = new Random(seed);
        string[] parts = ["/", "a", ".", "..", "%2e", "%41", "%20", ";", "@", ":", "%3F", "%23", "%25"];
        var rule = new PathRewriteRule { Regex = "^(.{0,3})(.*?)(.{0,2})$", Replacement = "/p$3/$1x$2?q=$2" };
        for (int round = 0; round < 1_000; round++)
        {
            string target = "/" + string.Concat(Enumerable.Range(0, 6).Select(_ => parts[random.Next(parts.Length)]));
            string? result = Run(rule, new RouteMatch(), target);
            string context = $"seed {seed} round {round}: {target} -> {result}";

            if (result is null or "refused")
            {
                continue;
            }

            Assert.True(result[0] == '/' && !result.StartsWith("//", StringComparison.Ordinal), context);
            Assert.True(result.Count(c => c == '?') == 1 && !result.Contains('#', StringComparison.Ordinal), context);
            Assert.DoesNotContain(result, c => c is <= ' ' or > '~');
            Assert.False(result.Split('?')[0].Split('/').Any(s => s is "." or ".."), context);
        }
    }

    /// <summary>Null when the path itself is refused.</summary>
    private static string? Run(
        PathRewriteRule? rule, RouteMatch route, string target, string basePath = "", PathPolicy? policy = null)
    {
        Assert.True(TargetWriter.TryCreate(rule, out TargetWriter writer, out string error), error);
        RequestHead head = HeadBuilder.Request(target);
        PathVerdict verdict =
            PathNormalizer.Normalize(head.Path, policy ?? new PathPolicy(), new byte[1024], out NormalizedPath path);
        if (verdict != PathVerdict.Ok)
        {
            return null;
        }

        var captures = default(RouteCaptures);
        Assert.Equal(0, new RouteTable([route]).Match(head, path.Match, ClientAddress.Unknown, ref captures));
        byte[] output = new byte[1024];
        int length = writer.Write(head, path, captures, Encoding.ASCII.GetBytes(basePath), output);
        return length == TargetWriter.Refused ? "refused" : Encoding.Latin1.GetString(output, 0, length);
    }
}
