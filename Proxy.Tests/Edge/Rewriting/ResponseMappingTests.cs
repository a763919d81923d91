using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Rewriting;
using Proxy.Tests.Edge.Routing;

namespace Proxy.Tests.Edge.Rewriting;

public sealed class ResponseMappingTests
{
    private static readonly ResponseMappingRule App = new()
    {
        OriginPrefixes =
            ["http://origin:8080/", "http://10.0.0.2/", "https://secure.internal/base/", "http://[::1]:9000/"],
        OriginPath = "/",
        PublicPath = "/app/",
        CookieDomains =
            [KeyValuePair.Create("origin.internal", "public.example"), KeyValuePair.Create("drop.internal", "")],
    };

    [Theory]
    [InlineData("http://origin:8080/x", "https://public.example/app/x")]
    [InlineData("HTTP://ORIGIN:8080/x", "https://public.example/app/x")]
    [InlineData("http://origin:8080", "https://public.example/app/")]
    [InlineData("http://origin:8080?q=1#f", "https://public.example/app/?q=1#f")]
    [InlineData("http://origin:8080/x?u=http://origin:8080/y#z", "https://public.example/app/x?u=http://origin:8080/y#z")]
    [InlineData("http://10.0.0.2:80/x", "https://public.example/app/x")]
    [InlineData("http://10.0.0.2:/x", "https://public.example/app/x")]
    [InlineData("https://secure.internal/base/x", "https://public.example/app/x")]
    [InlineData("https://secure.internal:443/base", "https://public.example/app/")]
    [InlineData("http://[::1]:9000/x", "https://public.example/app/x")]
    [InlineData("//origin:8080/x", "//public.example/app/x")]
    [InlineData("/x", "/app/x")]
    [InlineData("/", "/app/")]
    [InlineData("/?q", "/app/?q")]
    public void Own_urls_of_an_origin_become_public(string location, string expected) =>
        Assert.Equal($"Location: {expected}\r\n", Apply(App, $"Location: {location}"));

    [Theory]
    [InlineData("http://foreign.example/x")]
    [InlineData("http://origin/x")]
    [InlineData("https://origin:8080/x")]
    [InlineData("http://origin.evil.com:8080/")]
    [InlineData("http://origin:8080.evil.com/")]
    [InlineData("http://origin:8080@evil.com/")]
    [InlineData("http://user@origin:8080/")]
    [InlineData("http://origin:8080\\@evil.com/")]
    [InlineData("http://origin:80800/")]
    [InlineData("http://origin:99999999999/")]
    [InlineData("https://secure.internal/other")]
    [InlineData("https://secure.internal/basement")]
    [InlineData("//foreign/x")]
    [InlineData("/\\foreign/x")]
    [InlineData("relative/x")]
    [InlineData("../x")]
    [InlineData("?q=1")]
    [InlineData("#f")]
    [InlineData("")]
    [InlineData("ftp://origin:8080/")]
    [InlineData("javascript:http://origin:8080/")]
    [InlineData("/app/x")]
    [InlineData("/app")]
    public void Foreign_relative_and_public_urls_stay(string location) =>
        Assert.Equal("", Apply(App, $"Location: {location}"));

    [Theory]
    [InlineData("Content-Location")]
    [InlineData("URI")]
    [InlineData("Uri")]
    public void Other_fields_with_an_url_are_mapped_too(string name) =>
        Assert.Equal($"{name}: https://public.example/app/x\r\n", Apply(App, $"{name}: http://origin:8080/x"));

    [Theory]
    [InlineData("5; url=http://origin:8080/x", "5; url=https://public.example/app/x")]
    [InlineData("0;URL='http://origin:8080/x'", "0;URL='https://public.example/app/x'")]
    [InlineData("0; url = \"/x\"", "0; url = \"/app/x\"")]
    [InlineData("0, /x", "0, /app/x")]
    [InlineData("0; url='/x", "0; url='/app/x")]
    [InlineData("5", null)]
    [InlineData("5; url=http://foreign/", null)]
    [InlineData("5; url=", null)]
    [InlineData("5; url='", null)]
    public void Refresh_is_mapped_inside(string value, string? expected) =>
        Assert.Equal(expected is null ? "" : $"Refresh: {expected}\r\n", Apply(App, $"Refresh: {value}"));

    [Theory]
    [InlineData("a=1; Path=/", "a=1; Path=/app/")]
    [InlineData("a=1; Path=/x; HttpOnly", "a=1; Path=/app/x; HttpOnly")]
    [InlineData("a=1;path=/x;Secure", "a=1;path=/app/x;Secure")]
    [InlineData("a=1; Path=\"/x\"", "a=1; Path=/app/x")]
    [InlineData("a=\"x; Path=/y\"; Path=/z", "a=\"x; Path=/y\"; Path=/app/z")]
    [InlineData("a=\"x; Path=/y", "a=\"x; Path=/app/y")]
    [InlineData("a=1; Domain=ORIGIN.internal", "a=1; Domain=public.example")]
    [InlineData("a=1; domain=.origin.internal; Path=/app/", "a=1; domain=public.example; Path=/app/")]
    [InlineData("a=1; Domain=drop.internal; Secure", "a=1; Secure")]
    [InlineData("a=1; Domain=other.internal", null)]
    [InlineData("a=1; Path=relative", null)]
    [InlineData("a=1; Path=/app/x", null)]
    [InlineData("a=1; Path=/app", null)]
    [InlineData("Path=/x", null)]
    [InlineData("a=Path=/x", null)]
    [InlineData("a=1", null)]
    [InlineData("", null)]
    [InlineData("a=1; Path", null)]
    public void Cookies_move_to_the_public_path_and_domain(string value, string? expected) =>
        Assert.Equal(expected is null ? "" : $"Set-Cookie: {expected}\r\n", Apply(App, $"Set-Cookie: {value}"));

    [Fact]
    public void The_order_of_cookies_stays_when_one_changes() =>
        Assert.Equal(
            "Set-Cookie: a=1\r\nSet-Cookie: b=2; Path=/app/\r\nSet-Cookie: a=3\r\n",
            Apply(App, "Set-Cookie: a=1", "Set-Cookie: b=2; Path=/", "Set-Cookie: a=3"));

    [Fact]
    public void Changed_fields_are_marked_and_marked_fields_are_left()
    {
        ResponseHead head = HeadBuilder.Response(302, "Location: /x", "Content-Location: /y", "ETag: /z");
        head.Fields[1].HopByHop = true;
        byte[] output = new byte[200];

        int length = new ResponseMapping(App).Apply(head, "http"u8, "h"u8, output);

        Assert.Equal("Location: /app/x\r\n", Encoding.ASCII.GetString(output, 0, length));
        Assert.True(head.Fields[0].HopByHop);
        Assert.False(head.Fields[2].HopByHop);
    }

    [Theory]
    [InlineData("http://public.example/x", "https://public.example/app/x")]
    [InlineData("http://PUBLIC.example/app/x", "https://public.example/app/x")]
    [InlineData("https://public.example/app/x", null)]
    [InlineData("http://public.example:8080/x", null)]
    public void With_a_preserved_host_the_public_url_itself_is_mapped(string location, string? expected) =>
        Assert.Equal(
            expected is null ? "" : $"Location: {expected}\r\n",
            Apply(App with { MapRequestHost = true }, $"Location: {location}"));

    [Fact]
    public void Without_a_host_from_the_client_the_url_becomes_a_path()
    {
        byte[] output = new byte[200];
        ResponseHead head = HeadBuilder.Response(302, "Location: http://origin:8080/x");

        int length = new ResponseMapping(App).Apply(head, "http"u8, default, output);

        Assert.Equal("Location: /app/x\r\n", Encoding.ASCII.GetString(output, 0, length));
    }

    [Fact]
    public void Switched_off_it_leaves_everything() =>
        Assert.Equal("", Apply(App with { Enabled = false }, "Location: http://origin:8080/x"));

    [Fact]
    public void A_rule_follows_from_the_route()
    {
        var rule = ResponseMappingRule.Derive(
            ["http://a:1/base", "http://b:2/base", "http://app"], "/base", "/app/", "/");

        Assert.Equal(["http://a:1/base/", "http://b:2/base/", "http://app/base/"], rule.OriginPrefixes);
        Assert.Equal(("/base/", "/app/"), (rule.OriginPath, rule.PublicPath));
        Assert.Equal("Location: https://public.example/app/x\r\n", Apply(rule, "Location: http://b:2/base/x"));
        Assert.Equal("Location: /app/x\r\n", Apply(rule, "Location: /base/x"));
    }

    [Fact]
    public void A_route_that_changes_no_path_maps_the_whole_host()
    {
        var rule = ResponseMappingRule.Derive(["http://a:1"], "", "/api/", null);

        Assert.Equal("Location: https://public.example/login\r\n", Apply(rule, "Location: http://a:1/login"));
        Assert.Equal("", Apply(rule, "Location: /login", "Set-Cookie: a=1; Path=/"));
    }

    [Fact]
    public void Random_values_never_break_a_line_throw_or_leave_the_public_host()
    {
        const int seed = 61;
        var random = new Random(seed);
        string[] parts =
        [
            "http://", "https://", "//", "/", "origin:8080", "public.example", "@", ":", "\\", "evil", "?", "#", ";", "=",
            "\"",
            "url=", "Path=", "Domain=", "drop.internal", "'", " ", "0", ",", "[", "]", "app/",
        ];
        var mapping = new ResponseMapping(App with { MapRequestHost = true });
        byte[] output = new byte[4096];
        for (int round = 0; round < 20_000; round++)
        {
            string value = string.Concat(
                Enumerable.Range(0, random.Next(1, 9)).Select(_ => parts[random.Next(parts.Length)]));
            string name = (round % 3) switch { 0 => "Location", 1 => "Refresh", _ => "Set-Cookie" };

            ResponseHead head = HeadBuilder.Response(302, $"{name}: {value}");

            int length = mapping.Apply(head, "https"u8, "public.example"u8, output);

            string text = Encoding.Latin1.GetString(output, 0, length);
            string context = $"seed {seed} round {round}: {name}: {value} -> {text}";
            Assert.True(
                length == 0 || (text.EndsWith("\r\n", StringComparison.Ordinal) && text.Count(c => c == '\n') == 1),
                context);
            Assert.True(
                name != "Location" || length == 0
                || text.StartsWith("Location: https://public.example/", StringComparison.Ordinal)
                || text.StartsWith("Location: //public.example/", StringComparison.Ordinal)
                || text.StartsWith("Location: /app/", StringComparison.Ordinal),
                context);
        }
    }

    private static string Apply(ResponseMappingRule rule, params string[] fields)
    {
        byte[] output = new byte[4096];
        int length = new ResponseMapping(rule).Apply(
            HeadBuilder.Response(302, fields), "https"u8, "public.example"u8, output);
        return Encoding.Latin1.GetString(output, 0, length);
    }
}
