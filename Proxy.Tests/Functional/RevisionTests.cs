using System.Text.Json;
using Proxy.Cluster.Engine.Etcd;
using Proxy.Tests.Cluster.Engine;
using Proxy.Tests.Kit;
using static Proxy.Tests.Functional.RevisionDesk;

namespace Proxy.Tests.Functional;

/// <summary>The configuration of a running node changes over management, in numbered commits, without its
/// file.</summary>
[Trait("Suite", "Functional")]
public sealed class RevisionTests
{
    [Fact]
    public async Task A_change_is_live_at_once_and_survives_a_restart_and_the_file_stays_as_it_is()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("a"));
        await using var node = await NodeProcess.StartAsync(Open(origin.Url));
        string file = await File.ReadAllTextAsync(Path.Combine(node.Folder, "node.conf"), Cancel);

        (int status, JsonElement committed) = await PostAsync(
            node, "/api/revisions", $"{{ {Change}, \"expected\": 1 }}");

        Assert.Equal((200, 2L), (status, committed.GetProperty("number").GetInt64()));
        Assert.Equal("pools.app.members.m1.weight 100 → 7", Assert.Single(Lines(committed, "diff")));
        Assert.Equal(7, await WeightAsync(node));
        Assert.Equal(file, await File.ReadAllTextAsync(Path.Combine(node.Folder, "node.conf"), Cancel));
        Assert.Contains("weight = 7", (await node.ManageAsync("/api/revisions/export")).Text);

        await node.Child.SignalAsync("TERM");
        await node.Child.WaitAsync(TimeSpan.FromSeconds(20));
        await using ChildProcess again = Run(node);
        await again.WaitForOutputAsync("management on");
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
        string[] odd =
        [
            "[]", "{}", "{\"set\":[]}", "{\"set\":{\"a\":null}}", "{\"unset\":\"x\"}", "{\"unset\":[1]}",
            "{\"revert\":[\"*\"],\"expected\":\"1\"}", "{\"revert\":[\"*\"],\"expected\":1e99}",
            "{\"set\":{\"a\":" + new string('[', 40) + new string(']', 40) + "}}",
        ];
        foreach (string body in odd)
        {
            Assert.Equal(400, (await PostAsync(node, "/api/revisions", body)).Status);
        }

        string deep = string.Join('.', Enumerable.Repeat("a", 20_000));
        (int tooDeep, _) = await PostAsync(node, "/api/revisions", $"{{\"set\":{{\"{deep}\":1}},\"expected\":9}}");

        Assert.Equal((422, 400, 400, 422), (status, unknown, garbage, missing));
        Assert.Equal(409, tooDeep);
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

        string set = await CtlAsync(
            node, "set", "pools.app.members.m1.weight", "7", "pools.app.balance", "least-requests");
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

    [Fact]
    public async Task A_full_disk_refuses_changes_takes_files_and_is_forgotten_when_there_is_room_again()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting a small disk takes root.");
        using var folder = new TempFolder();
        string disk = Directory.CreateDirectory(Path.Combine(folder.Path, "disk")).FullName;
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk);
        try
        {
            await FillUpAsync(disk);
        }
        finally
        {
            await RunAsync("umount", "-l", disk);
        }
    }

    [Fact]
    public async Task A_node_without_a_state_folder_serves_and_reads_its_file_again()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("a"));
        NodeSettings settings = Open(origin.Url) with { Node = "state-dir = node.conf" };
        await using var node = await NodeProcess.StartAsync(settings);

        (int status, _) = await PostAsync(node, "/api/revisions", $"{{ {Change} }}");
        await node.ReloadAsync(Weighted(settings, 9));

        Assert.Equal(503, status);
        await Eventually.IsTrueAsync(async () => await WeightAsync(node) == 9, () => $"the file's weight; {node.Log}");
        Assert.Equal("a", (await node.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n")).Text);
    }

    [Fact]
    public async Task A_process_that_takes_over_runs_the_revision_and_can_change_it()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await NodeProcess.StartAsync(Open(origin.Url));
        await PostAsync(node, "/api/revisions", $"{{ {Change} }}");

        (int status, _) = await PostAsync(node, "/api/node/upgrade", "{}");

        Assert.Equal(200, status);
        await Eventually.IsTrueAsync(async () => await WeightAsync(node) == 7, () => $"the weight; {node.Log}");
        await Eventually.IsTrueAsync(
            async () => (await PostAsync(node, "/api/revisions/rollback", "{ \"to\": 1 }")).Status == 200,
            () => $"the new process makes a revision; {node.Log}");
        Assert.Equal(100, await WeightAsync(node));
        int process = (await GetAsync(node, "/api/node")).GetProperty("process").GetInt32();
        Assert.NotEqual(node.Child.Id, process);
        await RunAsync("kill", $"{process}");
    }

    [Fact]
    public async Task In_a_cluster_a_change_made_on_one_node_holds_on_all_and_a_file_of_one_never_undoes_it()
    {
        await using EtcdServer etcd = EtcdServer.Start(1);
        await using (var engine = new EtcdEngine(new EtcdOptions { Endpoints = etcd.Endpoints }, TimeProvider.System))
        {
            await etcd.IsUpAsync(engine);
        }

        await using var origin = new ScriptedOrigin();
        await using NodeProcess a = await StartAsync("a", etcd, origin.Url);
        await using NodeProcess b = await StartAsync("b", etcd, origin.Url);
        await using NodeProcess c = await StartAsync("c", etcd, origin.Url);
        await AppliedAsync(c, "3 of 3");

        (int status, JsonElement committed) = await PostAsync(b, "/api/revisions", $"{{ {Change}, \"expected\": 1 }}");
        Assert.True(status == 200, committed.ToString());
        foreach (NodeProcess node in (NodeProcess[])[a, b, c])
        {
            await Eventually.IsTrueAsync(async () => await WeightAsync(node) == 7, () => $"the weight; {node.Log}");
        }

        await AppliedAsync(a, "3 of 3");
        await a.Child.SignalAsync("HUP"); // Its file is still the first one.
        (int staged, JsonElement answer) = await PostAsync(
            c, "/api/revisions", "{ \"set\": { \"pools.app.members.m1.weight\": 8 }, \"first\": \"b\" }");
        Assert.True(staged == 200, answer.ToString());
        await Eventually.IsTrueAsync(async () => await WeightAsync(b) == 8, () => $"the staged weight; {b.Log}");
        Assert.Equal((7, 7), (await WeightAsync(a), await WeightAsync(c)));
        await PostAsync(a, "/api/revisions/continue", "{}");
        await Eventually.IsTrueAsync(async () => await WeightAsync(c) == 8, () => $"the weight; {c.Log}");
        Assert.Equal(4, (await GetAsync(a, "/api/revisions")).GetProperty("head").GetInt64());

        await etcd.KillAsync(0);
        (int refused, _) = await PostAsync(a, "/api/revisions", $"{{ {Change} }}");
        Assert.Equal(503, refused);
        Assert.Equal(8, await WeightAsync(a));
        await c.Child.SignalAsync("KILL");
        await c.Child.WaitAsync(TimeSpan.FromSeconds(20));
        await using ChildProcess again = Run(c);
        await again.WaitForOutputAsync("runs revision 4 from its disk");
        await again.WaitForOutputAsync("management on");
        Assert.Equal(8, await WeightAsync(c));
        etcd.Start(0);
        await Eventually.IsTrueAsync(
            async () => (await PostAsync(a, "/api/revisions", $"{{ {Change} }}")).Status == 200,
            () => $"changes are taken again; {a.Log}");
        await Eventually.IsTrueAsync(async () => await WeightAsync(c) == 7, () => $"the weight; {again.Output}");
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task FillUpAsync(string disk)
    {
        await using var origin = new ScriptedOrigin();
        NodeSettings settings = Open(origin.Url) with { Node = $"state-dir = \"{disk}\"" };
        await using var node = await NodeProcess.StartAsync(settings);
        Assert.Equal(200, (await PostAsync(node, "/api/revisions", $"{{ {Change} }}")).Status);
        string ballast = Path.Combine(disk, "ballast");
        await RunAsync("sh", "-c", $"cat /dev/zero > {ballast} 2>/dev/null; true");

        // What is allocated already may take some changes more.
        int weight = 10;
        await Eventually.IsTrueAsync(async () => await WeighAsync(node, ++weight) == 503, () => "a full disk");
        await node.ReloadAsync(Weighted(settings, 9));
        await node.Child.WaitForOutputAsync("not committed");
        Assert.NotEqual(9, await WeightAsync(node)); // The operator's change lies on top of the file.

        File.Delete(ballast);
        await Eventually.IsTrueAsync(
            async () => (await PostAsync(node, "/api/revisions", "{ \"revert\": [\"*\"] }")).Status == 200,
            () => $"changes are taken again; {node.Log}");
    }

    private static async Task<int> WeighAsync(NodeProcess node, int weight)
    {
        string why = new('x', 900);
        (int status, _) = await PostAsync(
            node, "/api/revisions",
            $"{{ \"set\": {{ \"pools.app.members.m1.weight\": {weight} }}, \"why\": \"{why}\" }}");
        return status;
    }

    private static string Weighted(NodeSettings settings, int weight) => settings.Rules.Replace(
        "name = m1,", $"name = m1, weight = {weight},", StringComparison.Ordinal);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        (int code, string output) = await ChildProcess.RunAsync(program, arguments, "/");
        Assert.True(code == 0, output);
    }

    private static Task<NodeProcess> StartAsync(string name, EtcdServer etcd, string url) => NodeProcess.StartAsync(
        Open(url) with
        {
            Node = $"name = {name}",
            Rules = $$"""
                {{Open(url).Rules}}
                cluster { engine = etcd, etcd { endpoints = ["{{etcd.Endpoints[0].ToString().TrimEnd('/')}}"] } }
                """,
        });

    private static async Task AppliedAsync(NodeProcess node, string expected)
    {
        string? applied = "";
        await Eventually.IsTrueAsync(
            async () => (applied = (await GetAsync(node, "/api/revisions")).GetProperty("applied").GetString())
                == expected,
            () => $"applied on {expected}, not {applied}; {node.Log}",
            TimeSpan.FromSeconds(20));
    }

    private static async Task<string> CtlAsync(NodeProcess node, params string[] arguments)
    {
        (int code, string output) = await ChildProcess.RunAsync(
            "dotnet",
            [Repository.Program, "ctl", "--url", $"http://127.0.0.1:{node.ManagementPort}", "revisions", .. arguments],
            node.Folder);
        Assert.True(code == 0, output);
        return output;
    }
}
