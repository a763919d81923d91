using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>The files in hocon/examples do what they say. Only ports are replaced.</summary>
[Trait("Suite", "Functional")]
public sealed class ExampleTests
{
    [Fact]
    public async Task Apache_balancer_keeps_clients_on_their_member_and_survives_its_death_under_load()
    {
        await using var a = Load.Origin("a");
        await using var b = Load.Origin("b");
        await using var node = await StartAsync("apache-balancer.conf", (9001, a), (9002, b));

        var first = await AskAsync(node, "/n1", "any.test");
        var cookie = first.Value("Set-Cookie").Split(';')[0];
        Assert.StartsWith("ROUTEID=", cookie, StringComparison.Ordinal);
        Assert.EndsWith(first.Text[0] == 'a' ? "backend1" : "backend2", cookie, StringComparison.Ordinal);
        Assert.Equal(first.Text, (await AskAsync(node, "/n1", "any.test", $"Cookie: {cookie}\r\n")).Text);

        await using var load = new Load(node.Port, 16);
        await load.GoOnForAsync(1_000);
        await a.KillAsync();
        await load.GoOnForAsync(3_000);
        var before = load.AnsweredBy("a");
        a.Restart();
        // A check comes every five seconds.
        await Eventually.IsTrueAsync(
            () => load.AnsweredBy("a") > before + 100, () => "a is back", TimeSpan.FromSeconds(20));
        await load.AssertNothingFailedAsync();
    }

    [Fact]
    public async Task Prefix_mapping_moves_redirects_and_cookies_below_the_prefix()
    {
        await using var origin = new ScriptedOrigin();
        origin.Serve(request => Answer.With(
            302, request.Target, $"Location: {origin.Url}/login?next=%2Fhome", "Set-Cookie: id=1; Path=/; HttpOnly",
            "Set-Cookie: deep=2; Path=/shop"));
        await using var node = await StartAsync("prefix-mapping.conf", (9001, origin));

        var bare = await AskAsync(node, "/app", "public.test");
        var mapped = await AskAsync(node, "/app/cart?x=1", "public.test:8080");
        var outside = await AskAsync(node, "/other", "public.test");

        Assert.Equal(308, bare.Status);
        Assert.EndsWith("/app/", bare.Value("Location"), StringComparison.Ordinal);
        Assert.Equal("/cart?x=1", mapped.Text);
        Assert.Equal("http://public.test:8080/app/login?next=%2Fhome", mapped.Value("Location"));
        Assert.Equal(["id=1; Path=/app/; HttpOnly", "deep=2; Path=/app/shop"], mapped.Values("Set-Cookie"));
        Assert.Equal(404, outside.Status);
    }

    [Theory]
    [InlineData("http://elsewhere.test/x", "http://elsewhere.test/x")]
    [InlineData("/relative", "/app/relative")]
    [InlineData("sibling", "sibling")]
    public async Task Prefix_mapping_changes_only_what_is_the_origins_own(string location, string expected)
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.With(302, "", $"Location: {location}"));
        await using var node = await StartAsync("prefix-mapping.conf", (9001, origin));

        Assert.Equal(expected, (await AskAsync(node, "/app/", "public.test")).Value("Location"));
    }

    [Fact]
    public async Task Two_sites_are_told_apart_by_host_and_the_api_of_one_by_path()
    {
        await using var shopA = Named("shop");
        await using var shopB = Named("shop");
        await using var apiA = Named("api");
        await using var apiB = Named("api");
        await using var blog = new ScriptedOrigin().Serve(request => Answer.Ok("blog for " + request.Value("Host")));
        await using var node = await StartAsync(
            "two-sites.conf", (9001, shopA), (9002, shopB), (9003, apiA), (9004, apiB), (9005, blog));

        Assert.Equal("shop /", (await AskAsync(node, "/", "shop.example")).Text);
        Assert.Equal("shop /x", (await AskAsync(node, "/x", "WWW.Shop.Example:8080")).Text);
        Assert.Equal("api /api/items", (await AskAsync(node, "/api/items", "shop.example")).Text);
        Assert.Equal("shop /apis", (await AskAsync(node, "/apis", "shop.example")).Text);
        Assert.Equal("blog for blog.example", (await AskAsync(node, "/api/items", "blog.example")).Text);
        Assert.Equal(404, (await AskAsync(node, "/", "other.example")).Status);
    }

    [Theory]
    [InlineData("/internal")]
    [InlineData("/internal/deep?x")]
    [InlineData("//internal/deep")]
    [InlineData("/./internal/")]
    [InlineData("/public/../internal/")]
    [InlineData("/public/%2e%2e/internal/")]
    [InlineData("/%69nternal/")]
    [InlineData("/status")]
    public async Task An_exclusion_cannot_be_walked_around(string path)
    {
        await using var origin = Named("app");
        await using var node = await StartAsync("exclusion.conf", (9001, origin));

        Assert.InRange((await AskAsync(node, path, "any.test")).Status, 400, 404);
        Assert.Equal("app /internals", (await AskAsync(node, "/internals", "any.test")).Text);
        Assert.Equal("app /", (await AskAsync(node, "/", "any.test")).Text);
    }

    private static ScriptedOrigin Named(string name) =>
        new ScriptedOrigin().Serve(request => Answer.Ok($"{name} {request.Target}"));

    private static Task<NodeProcess> StartAsync(string example, params (int Port, ScriptedOrigin Origin)[] origins)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "hocon", "examples", example));
        foreach (var (port, origin) in origins)
        {
            var written = $"http://127.0.0.1:{port}\"";
            Assert.Contains(written, text, StringComparison.Ordinal);
            text = text.Replace(written, $"{origin.Url}\"", StringComparison.Ordinal);
        }

        return NodeProcess.StartAsync(NodeSettings.Whole(text));
    }

    private static Task<WireMessage> AskAsync(NodeProcess node, string target, string host, string fields = "") =>
        node.AskAsync($"GET {target} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n");
}
