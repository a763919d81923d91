using System.Text;
using System.Text.Json;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>The configuration of a running node changes over management, in numbered commits, without its
/// file.</summary>
[Trait("Suite", "Functional")]
public sealed class RevisionTests
{
    private const string Change = "\"set\": { \"pools.app.members.m1.weight\": 7 }, \"who\": \"ann\", \"why\": \"test\"";

    [Fact]
    public async Task A_change_is_live_at_once_and_survives_a_restart_and_the_file_stays_as_it_is()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("a"));
        await using var node = await NodeProcess.StartAsync(Open(origin.Url));
        string file = await File.ReadAllTextAsync(Path.Combine(node.Folder, "node.conf"), Cancel);

        (int status, JsonElement committed) = await PostAsync(node, "/api/revisions", $"{{ {Change}, \"expected\": 1 }}");

        Assert.Equal((200, 2L), (status, committed.GetProperty("number").GetInt64()));
        Assert.Equal("pools.app.members.m1.weight 100 → 7", Assert.Single(Lines(committed, "diff")));
        await Eventually.IsTrueAsync(async () => await WeightAsync(node) == 7, () => "the new weight");
        Assert.Equal(file, await File.ReadAllTextAsync(Path.Combine(node.Folder, "node.conf"), Cancel));
        Assert.Contains("weight = 7", (await node.ManageAsync("/api/revisions/export")).Text);

        await node.Child.SignalAsync("TERM");
        await node.Child.WaitAsync(TimeSpan.FromSeconds(20));
        await using var again = ChildProcess.Start(
            "dotnet", [Repository.Program, "run", Path.Combine(node.Folder, "node.conf")], node.Folder);
        await again.WaitForOutputAsync("management");
        await Eventually.IsTrueAsync(async () => await WeightAsync(node) == 7, () => "the weight after the restart");

        JsonElement list = await GetAsync(node, "/api/revisions");
        Assert.Equal((2L, "1 of 1"), (list.GetProperty("running").GetInt64(), list.GetProperty("applied").GetString()));
    }

    [Fact]
    public async Task Whoever_saw_an_older_revision_is_shown_both_changes()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await NodeProcess.StartAsync(Open(origin.Url));
        await PostAsync(node, "/api/revisions", $"{{ {Change} }}");

        (int status, JsonElement answer) = await PostAsync(
            node, "/api/revisions",
            "{ \"set\": { \"pools.app.members.m1.weight\": 9, \"acme.eab.token\": \"secret\" }, \"expected\": 1 }");

        Assert.Equal((409, "conflict"), (status, answer.GetProperty("outcome").GetString()));
        Assert.Equal("pools.app.members.m1.weight 100 → 7", Assert.Single(Lines(answer, "theirs")));
        Assert.Equal(
            ["set pools.app.members.m1.weight = 9", "set acme.eab.token = \"***\""], Lines(answer, "yours"));
    }

    [Fact]
    public async Task What_cannot_be_run_is_refused_with_all_reasons_and_changes_nothing()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await NodeProcess.StartAsync(Open(origin.Url));

        (int status, JsonElement answer) = await PostAsync(
            node, "/api/revisions",
            "{ \"set\": { \"pools.app.members.m1.weight\": \"heavy\", \"pools.app.balanc\": \"first\" } }");
        (int unknown, _) = await PostAsync(node, "/api/revisions", "{ \"sett\": {} }");
        (int garbage, _) = await PostAsync(node, "/api/revisions", "{ \"set\": ");
        (int missing, _) = await PostAsync(node, "/api/revisions/rollback", "{ \"to\": 9 }");

        Assert.Equal((422, 400, 400, 422), (status, unknown, garbage, missing));
        Assert.Equal(2, Lines(answer, "problems").Length);
        Assert.Equal(1, (await GetAsync(node, "/api/revisions")).GetProperty("head").GetInt64());
    }

    [Fact]
    public async Task A_changed_file_is_a_commit_and_keeps_what_operators_changed()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await NodeProcess.StartAsync(Open(origin.Url));
        await PostAsync(node, "/api/revisions", $"{{ {Change} }}");

        await node.ReloadAsync(Open(origin.Url).Rules.Replace(
            "passive { failures = 0 }", "passive { failures = 5 }", StringComparison.Ordinal));
        await Eventually.IsTrueAsync(
            async () => (await GetAsync(node, "/api/revisions")).GetProperty("running").GetInt64() == 3,
            () => $"the third revision; the node wrote:\n{node.Log}");

        Assert.Equal(7, await WeightAsync(node));
        JsonElement third = await GetAsync(node, "/api/revisions/3");
        Assert.Equal("file", third.GetProperty("kind").GetString());
        Assert.Contains("failures 0 → 5", Assert.Single(Lines(third, "diff")));
    }

    [Fact]
    public async Task Ctl_sets_shows_compares_and_rolls_back()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await NodeProcess.StartAsync(Open(origin.Url));

        string set = await CtlAsync(node, "set", "pools.app.members.m1.weight", "7", "pools.app.balance", "least-requests");
        string list = await CtlAsync(node, "list");
        string show = await CtlAsync(node, "show", "2");
        string back = await CtlAsync(node, "rollback", "1", "--why", "slow");
        string diff = await CtlAsync(node, "diff", "2", "3");

        Assert.StartsWith("revision 2\n", set);
        Assert.Contains("revision 2, applied on 1 of 1", list);
        Assert.Contains("set pools.app.members.m1.weight = 7", show);
        Assert.Contains("set pools.app.balance = \"least-requests\"", show);
        Assert.Contains("revision 3\n", back);
        Assert.Contains("pools.app.members.m1.weight 7 → 100", diff);
        Assert.Equal(100, await WeightAsync(node));
    }

    [Fact]
    public async Task Nothing_can_be_changed_where_management_is_read_only()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));

        (int status, JsonElement answer) = await PostAsync(node, "/api/revisions", $"{{ {Change} }}");

        Assert.Equal(403, status);
        Assert.Contains("read-only", answer.GetProperty("error").GetString());
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static NodeSettings Open(string url) =>
        new() { Rules = $"{NodeSettings.Pool("", url)}\nmanagement {{ read-only = false }}" };

    private static async Task<string> CtlAsync(NodeProcess node, params string[] arguments)
    {
        (int code, string output) = await ChildProcess.RunAsync(
            "dotnet",
            [Repository.Program, "ctl", "--url", $"http://127.0.0.1:{node.ManagementPort}", "revisions", .. arguments],
            node.Folder);
        Assert.True(code == 0, output);
        return output;
    }

    private static async Task<(int Status, JsonElement Answer)> PostAsync(NodeProcess node, string path, string body)
    {
        WireMessage answer = await RawClient.AskOnceAsync(
            node.ManagementPort,
            $"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n{body}");
        return (answer.Status, Parse(answer));
    }

    private static async Task<JsonElement> GetAsync(NodeProcess node, string path) => Parse(
        await node.ManageAsync(path));

    private static JsonElement Parse(WireMessage message)
    {
        using JsonDocument json = JsonDocument.Parse(Encoding.UTF8.GetString(message.Body));
        return json.RootElement.Clone();
    }

    private static string[] Lines(JsonElement json, string key) =>
        [.. json.GetProperty(key).EnumerateArray().Select(static line => line.GetString()!)];

    private static async Task<int> WeightAsync(NodeProcess node) =>
        (await GetAsync(node, "/api/pools/app")).GetProperty("members")[0].GetProperty("weight").GetInt32();
}
