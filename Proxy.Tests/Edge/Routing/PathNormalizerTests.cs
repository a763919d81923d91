using System.Text;
using Proxy.Edge.Routing;

namespace Proxy.Tests.Edge.Routing;

public sealed class PathNormalizerTests
{
    private static readonly PathPolicy[] Policies =
    [
        .. from slash in Enum.GetValues<EncodedSlashPolicy>()
           from merge in new[] { true, false }
           from ignore in new[] { true, false }
           select new PathPolicy { EncodedSlash = slash, MergeSlashes = merge, IgnorePathParameters = ignore },
    ];

    [Theory]
    [InlineData("/", "/")]
    [InlineData("", "/")]
    [InlineData("*", "*")]
    [InlineData("/a/b.html", "/a/b.html")]
    [InlineData("/a//b///c", "/a/b/c")]
    [InlineData("//evil.example", "/evil.example")]
    [InlineData("/%61%7e%2D", "/a~-")]
    [InlineData("/%c3%a4", "/%C3%A4")]
    [InlineData("/a/./b/", "/a/b/")]
    [InlineData("/a/b/..", "/a/")]
    [InlineData("/a/b/.", "/a/b/")]
    [InlineData("/a/../b", "/b")]
    [InlineData("/a/%2e%2e/b", "/b")]
    [InlineData("/a/%2E./b", "/b")]
    [InlineData("/a/b/.%2e//c", "/a/c")]
    [InlineData("/...", "/...")]
    [InlineData("/.well-known/acme", "/.well-known/acme")]
    [InlineData("/a;v=1/b", "/a;v=1/b")]
    [InlineData("/a%3Bb", "/a%3Bb")]
    [InlineData("/a b|c\"", "/a%20b%7Cc%22")]
    [InlineData("/%252e%252e%252f", "/%252e%252e%252f")]
    [InlineData("/100%25", "/100%25")]
    public void Brings_a_path_into_its_normal_form(string raw, string expected) =>
        Assert.Equal((PathVerdict.Ok, expected, expected), Run(raw, new PathPolicy()));

    [Theory]
    [InlineData("a", PathVerdict.NotAbsolute)]
    [InlineData("*a", PathVerdict.NotAbsolute)]
    [InlineData("/%", PathVerdict.BadEscape)]
    [InlineData("/%4", PathVerdict.BadEscape)]
    [InlineData("/%zz", PathVerdict.BadEscape)]
    [InlineData("/a%00", PathVerdict.ControlCharacter)]
    [InlineData("/a%0d%0aX:1", PathVerdict.ControlCharacter)]
    [InlineData("/a\u0001", PathVerdict.ControlCharacter)]
    [InlineData("/a\u007f", PathVerdict.ControlCharacter)]
    [InlineData("/a%2fb", PathVerdict.EncodedSlash)]
    [InlineData("/a%5Cb", PathVerdict.EncodedSlash)]
    [InlineData("/a\\b", PathVerdict.EncodedSlash)]
    [InlineData("/..%2fadmin", PathVerdict.EncodedSlash)]
    [InlineData("/..", PathVerdict.AboveRoot)]
    [InlineData("/../a", PathVerdict.AboveRoot)]
    [InlineData("/a/../../b", PathVerdict.AboveRoot)]
    [InlineData("/%2e%2e/b", PathVerdict.AboveRoot)]
    [InlineData("/a/..;/admin", PathVerdict.AmbiguousDots)]
    [InlineData("/a/.;x/admin", PathVerdict.AmbiguousDots)]
    [InlineData("/a/..;jsessionid=1/admin", PathVerdict.AmbiguousDots)]
    [InlineData("/a/..%3Bx/admin", PathVerdict.AmbiguousDots)]
    [InlineData("/a/%2e%2e%3bx/admin", PathVerdict.AmbiguousDots)]
    public void Refuses_what_two_readers_could_read_differently(string raw, PathVerdict expected) =>
        Assert.Equal(expected, Run(raw, new PathPolicy()).Verdict);

    [Theory]
    [InlineData(EncodedSlashPolicy.Keep, "/a%2fb", "/a%2Fb")]
    [InlineData(EncodedSlashPolicy.Keep, "/a\\b", "/a%5Cb")]
    [InlineData(EncodedSlashPolicy.Decode, "/a%2fb", "/a/b")]
    [InlineData(EncodedSlashPolicy.Decode, "/a\\b%5cc", "/a/b/c")]
    [InlineData(EncodedSlashPolicy.Decode, "/a/..%2fb", "/b")]
    [InlineData(EncodedSlashPolicy.Decode, "/a/%2e%2e%5c/b", "/b")]
    public void Encoded_slashes_follow_the_policy(EncodedSlashPolicy policy, string raw, string expected) =>
        Assert.Equal((PathVerdict.Ok, expected, expected), Run(raw, new PathPolicy { EncodedSlash = policy }));

    [Theory]
    [InlineData("/a/..%2fb")]
    [InlineData("/a/x%2f..")]
    [InlineData("/a/x%2f..%5cy")]
    [InlineData("/a/.%5Cb")]
    public void A_kept_slash_cannot_hide_a_dot_segment(string raw) =>
        Assert.Equal(
            PathVerdict.AmbiguousDots, Run(raw, new PathPolicy { EncodedSlash = EncodedSlashPolicy.Keep }).Verdict);

    [Theory]
    [InlineData("/a;v=1/b;x", "/a/b", "/a;v=1/b;x")]
    [InlineData("/a/..;/b", "/b", "/b")]
    [InlineData("/a/x/.;p/b", "/a/x/b", "/a/x/b")]
    [InlineData("/;x/admin", "/admin", "/;x/admin")]
    [InlineData("/a/;x", "/a/", "/a/;x")]
    public void Ignored_path_parameters_are_matched_without_and_forwarded_with(string raw, string match, string forward) =>
        Assert.Equal((PathVerdict.Ok, match, forward), Run(raw, new PathPolicy { IgnorePathParameters = true }));

    [Fact]
    public void Slashes_stay_when_the_policy_says_so()
    {
        var policy = new PathPolicy { MergeSlashes = false };

        Assert.Equal("/a//b", Run("/a//b", policy).Match);
        Assert.Equal("/a/c", Run("/a//../c", policy).Match);
        Assert.Equal("//", Run("//", policy).Match);
    }

    [Fact]
    public void The_raw_path_is_forwarded_only_when_asked()
    {
        Assert.Equal(
            (PathVerdict.Ok, "/b", "/a/../%62"), Run("/a/../%62", new PathPolicy { ForwardRaw = true }));
        Assert.Equal("/b", Run("/a/../%62", new PathPolicy()).Forward);
    }

    [Fact]
    public void A_scratch_too_small_is_reported()
    {
        Assert.Equal(
            PathVerdict.TooLong, PathNormalizer.Normalize("/a/%20b"u8, new PathPolicy(), new byte[4], out _));
    }

    [Fact]
    public void Long_and_short_paths_are_judged_alike()
    {
        const int seed = 4;
        var random = new Random(seed);
        string front = "/" + new string('x', 70);
        for (int round = 0; round < 5_000; round++)
        {
            string raw = RandomPath(random);
            PathPolicy policy = Policies[round % Policies.Length];
            (PathVerdict verdict, string match, string forward) = Run("/y" + raw, policy);

            // A path that leaves its first segment depends on what that segment is.
            if (match.StartsWith("/y/", StringComparison.Ordinal))
            {
                Assert.Equal((verdict, front + match[2..], front + forward[2..]), Run(front + raw, policy));
            }
        }
    }

    [Fact]
    public void Normalising_twice_changes_nothing()
    {
        const int seed = 1;
        var random = new Random(seed);
        for (int round = 0; round < 30_000; round++)
        {
            string raw = RandomPath(random);
            foreach (PathPolicy policy in Policies)
            {
                (PathVerdict verdict, string match, string forward) = Run(raw, policy);
                if (verdict != PathVerdict.Ok)
                {
                    continue;
                }

                string context = $"seed {seed} round {round}: {raw} -> {forward} under {policy}";
                Assert.True((PathVerdict.Ok, match, forward) == Run(forward, policy), context);
                Assert.True(match == Run(match, policy).Match, context);
            }
        }
    }

    [Fact]
    public void Decoding_the_result_once_more_never_makes_other_segments()
    {
        const int seed = 2;
        var random = new Random(seed);
        for (int round = 0; round < 50_000; round++)
        {
            string raw = RandomPath(random);
            (PathVerdict verdict, string match, _) = Run(raw, new PathPolicy());
            if (verdict != PathVerdict.Ok)
            {
                continue;
            }

            string[] segments = match.Split('/');
            foreach (string segment in segments.Skip(1))
            {
                string decoded = Encoding.Latin1.GetString(Decode(segment));
                string context = $"seed {seed} round {round}: {raw} -> {match}";
                Assert.False(decoded.AsSpan().IndexOfAny("/\\\0\r\n") >= 0, context);
                Assert.False(decoded is "." or ".." || decoded.StartsWith("..;", StringComparison.Ordinal), context);
            }

            Assert.DoesNotContain("//", match, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Any_bytes_are_answered_without_an_exception()
    {
        const int seed = 3;
        var random = new Random(seed);
        byte[] raw = new byte[40];
        byte[] scratch = new byte[PathNormalizer.ScratchLength(40)];
        for (int round = 0; round < 50_000; round++)
        {
            Span<byte> path = raw.AsSpan(0, random.Next(1, 40));
            random.NextBytes(path);
            path[0] = (byte)'/';
            PathPolicy policy = Policies[round % Policies.Length];

            PathVerdict verdict = PathNormalizer.Normalize(path, policy, scratch, out NormalizedPath normal);

            Assert.NotEqual(PathVerdict.TooLong, verdict);
            Assert.True(
                verdict != PathVerdict.Ok || normal.Forward.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7E) < 0,
                $"seed {seed} round {round}");
        }
    }

    private static string RandomPath(Random random)
    {
        string[] parts =
        [
            "/", "/", "/", ".", "..", "a", "bc", ";", ";x=1", "%2e", "%2F", "%5c", "\\", "%3b", "%25", "%61",
            "%", "%0a", "//",
        ];
        var text = new StringBuilder("/");
        for (int i = random.Next(1, 9); i > 0; i--)
        {
            text.Append(parts[random.Next(parts.Length)]);
        }

        return text.ToString();
    }

    private static byte[] Decode(string text)
    {
        var result = new List<byte>();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '%')
            {
                result.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
                i += 2;
                continue;
            }

            result.Add((byte)text[i]);
        }

        return [.. result];
    }

    private static (PathVerdict Verdict, string Match, string Forward) Run(string raw, PathPolicy policy)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(raw);
        PathVerdict verdict = PathNormalizer.Normalize(
            bytes, policy, new byte[PathNormalizer.ScratchLength(bytes.Length)], out NormalizedPath path);
        return (verdict, Encoding.Latin1.GetString(path.Match), Encoding.Latin1.GetString(path.Forward));
    }
}
