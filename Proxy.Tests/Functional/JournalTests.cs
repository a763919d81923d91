using System.Text.Json;
using Proxy.Cluster.Engine.Embedded;
using Proxy.Cluster.Engine.Etcd;
using Proxy.Cluster.Journal;
using Proxy.Cluster.Revisions;
using Proxy.Tests.Cluster.Engine;
using Proxy.Tests.Kit;
using static Proxy.Tests.Functional.RevisionDesk;

namespace Proxy.Tests.Functional;

/// <summary>The commits of the configuration in a journal of their own, apart from the cluster's engine.</summary>
[Trait("Suite", "Functional")]
public sealed class JournalTests
{
    private const string Password = "not-for-the-log";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_change_in_the_file_survives_a_restart_and_the_next_process_has_the_file()
    {
        await using var origin = new ScriptedOrigin();
        await using NodeProcess node = await NodeProcess.StartAsync(With(Open(origin.Url), "provider = sqlite"));
        await CommitAsync(node, 7);
        Assert.True(File.Exists(Path.Combine(node.Folder, "state", SqliteJournal.FileName)));

        await node.Child.SignalAsync("KILL");
        await node.Child.WaitAsync(Patience);
        // Only the journal knows it.
        File.Delete(Path.Combine(node.Folder, "state", EmbeddedEngine.FileName));
        File.Delete(Path.Combine(node.Folder, "state", LocalRevisionFile.FileName));
        await using (ChildProcess again = Run(node))
        {
            await again.WaitForOutputAsync("management on");
            await WeighsAsync(node, 7);
            (int status, _) = await PostAsync(node, "/api/node/upgrade", "{}");
            Assert.True(status == 200, again.Output);
            await Eventually.IsTrueAsync(
                async () => (await PostAsync(node, "/api/revisions", Weight(8))).Status == 200,
                () => $"the next process makes a revision; {again.Output}");
            await WeighsAsync(node, 8);
        }

        int process = (await GetAsync(node, "/api/node")).GetProperty("process").GetInt32();
        (int code, string output) = await ChildProcess.RunAsync("kill", [$"{process}"], "/");
        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task A_journal_that_begins_anew_says_which_changes_are_not_in_it()
    {
        await using var origin = new ScriptedOrigin();
        await using NodeProcess node = await NodeProcess.StartAsync(With(Open(origin.Url), "provider = engine"));
        await CommitAsync(node, 7);
        await node.Child.SignalAsync("TERM");
        await node.Child.WaitAsync(Patience);
        string file = Path.Combine(node.Folder, "node.conf");
        string text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);

        await File.WriteAllTextAsync(
            file, text.Replace("provider = engine", "provider = sqlite", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        await using ChildProcess again = Run(node);

        await again.WaitForOutputAsync(
            "begins anew with the file; what was changed up to revision 2 without the file is not in it");
        await again.WaitForOutputAsync("management on");
        await WeighsAsync(node, 100);
    }

    [Fact]
    public async Task A_change_in_the_database_survives_the_loss_of_the_machine_and_an_outage_only_refuses_changes()
    {
        await using PostgresServer database = await PostgresServer.StartAsync();
        await using ScriptedOrigin origin = Load.Origin("one");
        await using NodeProcess node = await NodeProcess.StartAsync(With(Open(origin.Url), In(database)));
        await CommitAsync(node, 7);

        await node.Child.SignalAsync("TERM");
        await node.Child.WaitAsync(Patience);
        Directory.Delete(Path.Combine(node.Folder, "state"), recursive: true);
        await using ChildProcess again = Run(node);
        await again.WaitForOutputAsync("management on");
        await WeighsAsync(node, 7);
        await using (var load = new Load(node.Port, clients: 4))
        {
            await load.GoOnForAsync(200);
            await database.StopAsync();
            (int status, JsonElement answer) = await PostAsync(node, "/api/revisions", Weight(8));
            await load.GoOnForAsync(500);

            Assert.Equal(503, status);
            Assert.Contains("no answer within", answer.ToString());
            Assert.Equal(7, await WeightAsync(node));
            Assert.Equal(200, (await node.ManageAsync("/ready")).Status);

            await database.ContinueAsync();
            await database.CrashAsync();
            await CommitAsync(node, 8);
            await load.AssertNothingFailedAsync();
        }

        Assert.DoesNotContain(Password, node.Log + again.Output);
    }

    [Fact]
    public async Task A_node_that_starts_without_its_database_serves_and_commits_when_it_is_there()
    {
        await using PostgresServer database = await PostgresServer.StartAsync();
        await database.StopAsync();
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("a"));
        await using NodeProcess node = await NodeProcess.StartAsync(With(Open(origin.Url), In(database)));

        (int status, _) = await PostAsync(node, "/api/revisions", Weight(7));
        Assert.Equal(503, status);
        Assert.Equal("a", (await node.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n")).Text);
        await database.ContinueAsync();

        await CommitAsync(node, 7);
    }

    [Fact]
    public async Task Nodes_of_one_engine_share_the_journal_and_commit_while_the_engine_is_away()
    {
        await using PostgresServer database = await PostgresServer.StartAsync();
        await using EtcdServer etcd = EtcdServer.Start(1);
        await using (var engine = new EtcdEngine(new EtcdOptions { Endpoints = etcd.Endpoints }, TimeProvider.System))
        {
            await etcd.IsUpAsync(engine);
        }

        await using var origin = new ScriptedOrigin();
        string cluster =
            $"engine = etcd, etcd.endpoints = [\"{etcd.Endpoints[0].ToString().TrimEnd('/')}\"]";
        NodeSettings settings = With(Open(origin.Url), In(database), cluster);
        await using NodeProcess a = await NodeProcess.StartAsync(settings with { Node = "name = a" });
        await using NodeProcess b = await NodeProcess.StartAsync(settings with { Node = "name = b" });
        await AppliedAsync(b, "2 of 2");

        await CommitAsync(a, 7);
        await WeighsAsync(b, 7);
        await AppliedAsync(a, "2 of 2");
        (int staged, _) = await PostAsync(
            a, "/api/revisions", "{ \"set\": { \"pools.app.members.m1.weight\": 8 }, \"first\": \"b\" }");
        Assert.Equal(200, staged);
        await WeighsAsync(b, 8);
        Assert.Equal(7, await WeightAsync(a));
        await PostAsync(b, "/api/revisions/continue", "{}");
        await WeighsAsync(a, 8);

        await etcd.KillAsync(0);
        await CommitAsync(b, 9);
        await WeighsAsync(a, 9);
    }

    [Fact]
    public async Task A_connection_that_cannot_be_understood_is_said_by_file_and_key_and_not_by_its_password()
    {
        await using var origin = new ScriptedOrigin();
        NodeSettings settings = With(
            Open(origin.Url), $"provider = postgres, connection = \"Hots=db;Password={Password}\"");
        using var folder = new TempFolder();
        string file = folder.Write("node.conf", settings.File(0, 0));

        foreach (string command in (string[])["check", "run"])
        {
            (int code, string output) = await ChildProcess.RunAsync(
                "dotnet", [Repository.Program, command, file], folder.Path);

            Assert.Equal(2, code);
            Assert.Contains(
                $"{file}: proxy.cluster.journal.connection = ***: cannot be understood; accepted: Npgsql's", output);
            Assert.DoesNotContain(Password, output);
        }
    }

    private static string In(PostgresServer database) =>
        $"provider = postgres, connection = \"{database.ConnectionString};Password={Password}\"";

    private static NodeSettings With(NodeSettings settings, string journal, string cluster = "") => settings with
    {
        Rules = $"{settings.Rules}\ncluster {{ {cluster}\n journal {{ {journal} }} }}",
    };

    private static string Weight(int weight) => $"{{ \"set\": {{ \"pools.app.members.m1.weight\": {weight} }} }}";

    private static async Task CommitAsync(NodeProcess node, int weight)
    {
        JsonElement answer = default;
        await Eventually.IsTrueAsync(
            async () =>
            {
                (int status, answer) = await PostAsync(node, "/api/revisions", Weight(weight));
                return status == 200;
            },
            () => $"the change is taken, not {answer}; {node.Log}", Patience);
        await WeighsAsync(node, weight);
    }

    private static Task WeighsAsync(NodeProcess node, int weight) => Eventually.IsTrueAsync(
        async () => await WeightAsync(node) == weight, () => $"the weight {weight}; {node.Log}", Patience);

    private static async Task AppliedAsync(NodeProcess node, string expected)
    {
        string? applied = "";
        await Eventually.IsTrueAsync(
            async () => (applied = (await GetAsync(node, "/api/revisions")).GetProperty("applied").GetString())
                == expected,
            () => $"applied on {expected}, not {applied}; {node.Log}", Patience);
    }
}
