using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

[Trait("Suite", "Functional")]
public sealed class FailoverTests
{
    private const string Health =
        "health { active { path = \"/health\", interval = 500ms, timeout = 3s, rise = 1, fall = 2 } }";

    [Fact]
    public async Task Killing_an_origin_under_load_fails_no_request_and_its_return_is_noticed()
    {
        await using var a = Load.Origin("a");
        await using var b = Load.Origin("b");
        await using var node = await StartAsync(Health, a, b);
        await using var load = new Load(node.Port, 16);

        await load.GoOnForAsync(2_000);
        await a.KillAsync();
        await load.GoOnForAsync(2_000);
        var before = load.AnsweredBy("a");
        a.Restart();
        await Eventually.IsTrueAsync(() => load.AnsweredBy("a") > before + 200, () => "a serves again");

        await load.AssertNothingFailedAsync();
    }

    [Fact]
    public async Task Without_health_checks_a_dead_origin_still_costs_no_request()
    {
        await using var a = Load.Origin("a");
        await using var b = Load.Origin("b");
        await using var node = await StartAsync("", a, b);
        await using var load = new Load(node.Port, 8);

        await load.GoOnForAsync(500);
        await b.KillAsync();
        await load.GoOnForAsync(2_000);

        await load.AssertNothingFailedAsync();
    }

    [Fact]
    public async Task An_origin_whose_check_fails_gets_no_requests()
    {
        var sick = false;
        await using var a = new ScriptedOrigin().Serve(request => request.Target == "/health"
            ? Answer.With(Volatile.Read(ref sick) ? 500 : 200, "")
            : Answer.Ok("a"));
        await using var b = new ScriptedOrigin().Serve(_ => Answer.Ok("b"));
        await using var node = await StartAsync(Health, a, b);

        await Eventually.IsTrueAsync(async () => await AskAsync(node) == "a", () => "a answers");
        Volatile.Write(ref sick, true);
        await Eventually.IsTrueAsync(() => OnlyAnswersAsync(node, "b"), () => "only b answers");
        Volatile.Write(ref sick, false);
        await Eventually.IsTrueAsync(async () => await AskAsync(node) == "a", () => "a answers again");
    }

    [Fact]
    public async Task Checks_have_their_own_path_and_host_and_say_who_asks()
    {
        var seen = new TaskCompletionSource<WireMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var a = new ScriptedOrigin().Serve(request =>
        {
            seen.TrySetResult(request);
            return Answer.Ok("fine");
        });
        await using var node = await StartAsync(
            """
            health { active {
              path = "/check?deep=1", interval = 500ms, timeout = 500ms, host = "app.test", headers { X-Probe = "yes" }
            } }
            """,
            a);

        var check = await seen.Task.WaitAsync(Wire.Patience, TestContext.Current.CancellationToken);

        Assert.Equal("GET /check?deep=1 HTTP/1.1", check.StartLine);
        Assert.Equal("app.test", check.Value("Host"));
        Assert.Equal("yes", check.Value("X-Probe"));
    }

    [Fact]
    public async Task With_no_origin_left_the_answer_is_503_or_502_and_the_node_recovers()
    {
        await using var a = Load.Origin("a");
        await using var node = await StartAsync(Health, a);

        Assert.StartsWith("a /", await AskAsync(node), StringComparison.Ordinal);
        await a.KillAsync();
        await Eventually.IsTrueAsync(
            async () => (await node.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n")).Status == 503, () => "503");
        a.Restart();
        await Eventually.IsTrueAsync(
            async () => (await AskAsync(node)).StartsWith("a /", StringComparison.Ordinal), () => "an answer of a");
    }

    [Fact]
    public async Task A_request_body_that_was_already_sent_is_not_sent_to_another_origin()
    {
        await using var a = new ScriptedOrigin();
        await using var b = new ScriptedOrigin();
        await using var node = await StartAsync("", a, b);
        using var client = await node.ConnectAsync();

        await client.SendAsync("POST /pay HTTP/1.1\r\nHost: x.test\r\nContent-Length: 3\r\n\r\npay");
        var first = a.RequestAsync();
        var second = b.RequestAsync();
        var (connection, request) = await await Task.WhenAny(first, second);
        Assert.Equal("pay", request.Text);
        connection.Reset();

        Assert.Equal(502, (await client.ReadResponseAsync()).Status);
        Assert.Equal(1, a.Connections + b.Connections);
        await node.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => first.IsCompletedSuccessfully ? second : first);
    }

    [Fact]
    public async Task Weights_decide_how_requests_are_spread()
    {
        await using var a = Load.Origin("a");
        await using var b = Load.Origin("b");
        await using var node = await NodeProcess.StartAsync(new NodeSettings
        {
            Rules = $$"""
                routes = [ { match { path = "/" }, pool = app } ]
                pools { app { members = [
                  { name = a, url = "{{a.Url}}", weight = 300 }, { name = b, url = "{{b.Url}}", weight = 100 } ] } }
                """,
        });
        await using var load = new Load(node.Port, 1, atMost: 400);

        await load.FinishAsync();

        await load.AssertNothingFailedAsync();
        Assert.InRange(load.AnsweredBy("a"), 295, 305);
    }

    private static Task<NodeProcess> StartAsync(string keys, params ScriptedOrigin[] members) =>
        NodeProcess.StartAsync(new NodeSettings
        {
            Workers = 2,
            Rules = $$"""
                routes = [ { match { path = "/" }, pool = app } ]
                pools { app { members = [ {{NodeSettings.Members([.. members.Select(m => m.Url)])}} ]
                  {{keys}}
                } }
                """,
        });

    private static async Task<string> AskAsync(NodeProcess node) =>
        (await node.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n")).Text;

    private static async Task<bool> OnlyAnswersAsync(NodeProcess node, string name)
    {
        for (var i = 0; i < 10; i++)
        {
            if (await AskAsync(node) != name)
            {
                return false;
            }
        }

        return true;
    }
}
