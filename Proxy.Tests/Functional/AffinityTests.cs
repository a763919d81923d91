using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

[Trait("Suite", "Functional")]
public sealed class AffinityTests
{
    [Fact]
    public async Task A_client_gets_a_cookie_once_and_stays_where_it_points()
    {
        await using var a = Named("a");
        await using var b = Named("b");
        await using var c = Named("c");
        await using var node = await StartAsync(a, b, c);

        var first = await AskAsync(node, "");
        var cookie = Cookie(first);
        Assert.StartsWith("ROUTEID=", cookie, StringComparison.Ordinal);
        Assert.Contains("Path=/", first.Value("Set-Cookie"), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("HttpOnly", first.Value("Set-Cookie"), StringComparison.OrdinalIgnoreCase);

        for (var i = 0; i < 10; i++)
        {
            var again = await AskAsync(node, $"Cookie: other=1; {cookie}; more=2\r\n");
            Assert.Equal(first.Text, again.Text);
            Assert.False(again.Has("Set-Cookie"));
        }
    }

    [Fact]
    public async Task Clients_without_a_cookie_are_spread()
    {
        await using var a = Named("a");
        await using var b = Named("b");
        await using var node = await StartAsync(a, b);

        var answers = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            answers.Add((await AskAsync(node, "")).Text);
        }

        Assert.Equal(5, answers.Count(name => name == "a"));
    }

    [Fact]
    public async Task When_its_member_is_gone_a_client_gets_another_and_a_new_cookie()
    {
        await using var a = Named("a");
        await using var b = Named("b");
        await using var node = await StartAsync(a, b);
        var first = await AskAsync(node, "");
        var dead = first.Text == "a" ? a : b;

        await dead.KillAsync();
        var moved = await AskAsync(node, $"Cookie: {Cookie(first)}\r\n");

        Assert.Equal(first.Text == "a" ? "b" : "a", moved.Text);
        Assert.NotEqual(Cookie(first), Cookie(moved));
        Assert.Equal(moved.Text, (await AskAsync(node, $"Cookie: {Cookie(moved)}\r\n")).Text);
    }

    [Theory]
    [InlineData("ROUTEID=")]
    [InlineData("ROUTEID=.nobody")]
    [InlineData("ROUTEID=\"; x")]
    [InlineData("ROUTEID")]
    [InlineData("XROUTEID=.a")]
    public async Task A_cookie_that_names_nobody_is_like_none(string cookie)
    {
        await using var a = Named("a");
        await using var b = Named("b");
        await using var node = await StartAsync(a, b);

        var answer = await AskAsync(node, $"Cookie: {cookie}\r\n");

        Assert.Equal(200, answer.Status);
        Assert.StartsWith("ROUTEID=", Cookie(answer), StringComparison.Ordinal);
    }

    private static ScriptedOrigin Named(string name) => new ScriptedOrigin().Serve(_ => Answer.Ok(name));

    private static Task<NodeProcess> StartAsync(params ScriptedOrigin[] members) => NodeProcess.StartAsync(
        new NodeSettings
        {
            Rules = NodeSettings.Pool("affinity { cookie { name = ROUTEID } }", [.. members.Select(m => m.Url)]),
        });

    private static Task<WireMessage> AskAsync(NodeProcess node, string fields) =>
        node.AskAsync($"GET / HTTP/1.1\r\nHost: x.test\r\n{fields}\r\n");

    private static string Cookie(WireMessage answer) => answer.Value("Set-Cookie").Split(';')[0];
}
