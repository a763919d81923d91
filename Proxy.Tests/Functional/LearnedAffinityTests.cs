using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

[Trait("Suite", "Functional")]
public sealed class LearnedAffinityTests
{
    [Fact]
    public async Task A_session_stays_with_the_member_that_began_it()
    {
        await using var a = Application("a");
        await using var b = Application("b");
        await using var node = await StartAsync("application-cookie { name = SID, parameter = sid }", a, b);

        for (var i = 0; i < 4; i++)
        {
            var login = await AskAsync(node, "/login");
            var id = login.Value("Set-Cookie").Split(';')[0];
            for (var j = 0; j < 5; j++)
            {
                Assert.Equal(login.Text, (await AskAsync(node, "/", $"Cookie: {id}\r\n")).Text);
                Assert.Equal(login.Text, (await AskAsync(node, $"/page;{id.ToLowerInvariant()}")).Text);
            }
        }
    }

    [Fact]
    public async Task Sessions_of_a_dead_member_move_once_and_stay_together()
    {
        await using var a = Application("a");
        await using var b = Application("b");
        await using var c = Application("c");
        await using var node = await StartAsync("application-cookie { name = SID }", a, b, c);
        var login = await AskAsync(node, "/login");
        var id = login.Value("Set-Cookie").Split(';')[0];
        var dead = login.Text switch { "a" => a, "b" => b, _ => c };

        await dead.KillAsync();
        var moved = await AskAsync(node, "/", $"Cookie: {id}\r\n");

        Assert.NotEqual(login.Text, moved.Text);
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(moved.Text, (await AskAsync(node, "/", $"Cookie: {id}\r\n")).Text);
        }
    }

    [Fact]
    public async Task A_draining_member_keeps_its_sessions_and_gets_no_new_ones()
    {
        await using var a = Application("a");
        await using var b = Application("b");
        await using var node = await StartAsync("application-cookie { name = SID }", a, b);
        var login = await AskAsync(node, "/login");
        var id = login.Value("Set-Cookie").Split(';')[0];
        var (own, other) = login.Text == "a" ? ("m1", "b") : ("m2", "a");

        await node.ReloadAsync(Rules("application-cookie { name = SID }", a, b).Replace(
            $"name = {own},", $"name = {own}, state = drain,", StringComparison.Ordinal));
        await Eventually.IsTrueAsync(
            async () => (await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => AskAsync(node, "/"))))
                .All(answer => answer.Text == other),
            () => $"new clients go elsewhere; log:\n{node.Log}", TimeSpan.FromSeconds(10));

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(login.Text, (await AskAsync(node, "/", $"Cookie: {id}\r\n")).Text);
            Assert.Equal(other, (await AskAsync(node, "/login")).Text);
        }
    }

    [Fact]
    public async Task An_address_is_remembered()
    {
        await using var a = Application("a");
        await using var b = Application("b");
        await using var node = await StartAsync("source { timeout = 1s }", a, b);

        var first = (await AskAsync(node, "/")).Text;
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(first, (await AskAsync(node, "/")).Text);
        }
    }

    [Fact]
    public async Task A_reload_forgets_nothing()
    {
        await using var a = Application("a");
        await using var b = Application("b");
        await using var node = await StartAsync("application-cookie { name = SID }", a, b);
        var login = await AskAsync(node, "/login");
        var id = login.Value("Set-Cookie").Split(';')[0];

        await node.ReloadAsync(Rules("application-cookie { name = SID, timeout = 31m }", a, b));
        await Eventually.IsTrueAsync(
            () => Task.FromResult(node.Log.Contains("application-cookie", StringComparison.Ordinal)),
            () => $"the reload is done; log:\n{node.Log}", TimeSpan.FromSeconds(10));

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(login.Text, (await AskAsync(node, "/", $"Cookie: {id}\r\n")).Text);
        }
    }

    private static ScriptedOrigin Application(string name)
    {
        var logins = 0;
        return new ScriptedOrigin().Serve(request => request.Target == "/login"
            ? Answer.Ok(name, $"Set-Cookie: SID={name}{Interlocked.Increment(ref logins)}; Path=/")
            : Answer.Ok(name));
    }

    private static string Rules(string affinity, params ScriptedOrigin[] members) =>
        NodeSettings.Pool($"affinity {{ {affinity} }}", [.. members.Select(m => m.Url)]);

    private static Task<NodeProcess> StartAsync(string affinity, params ScriptedOrigin[] members) =>
        NodeProcess.StartAsync(new NodeSettings { Workers = 2, Rules = Rules(affinity, members) });

    private static Task<WireMessage> AskAsync(NodeProcess node, string target, string fields = "") =>
        node.AskAsync($"GET {target} HTTP/1.1\r\nHost: x.test\r\n{fields}\r\n");
}
