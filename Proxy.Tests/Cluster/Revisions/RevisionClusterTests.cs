using Proxy.Cluster.Revisions;
using Proxy.Tests.Cluster.Engine;
using Proxy.Tests.Simulation;

namespace Proxy.Tests.Cluster.Revisions;

/// <summary>Three nodes with one engine, on a seeded dispatcher and a virtual clock.</summary>
public sealed class RevisionClusterTests : IDisposable
{
    private const string WeightOfA = "pools.app.members.a.weight";

    private const string Pool = "{\"members\":[{\"name\":\"m\",\"url\":\"http://127.0.0.1:9\"}]}";

    private static readonly string[] Names = ["n1", "n2", "n3"];

    private readonly SimDispatcher _dispatcher = new(7);
    private readonly SimEngine _engine;
    private readonly Dictionary<string, SimEngineClient> _links = [];

    public RevisionClusterTests() => _engine = new SimEngine(_dispatcher.Time, SimEngineOptions.LikeEtcd);

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void The_first_node_brings_its_file_and_all_run_it()
    {
        RevisionNode[] nodes = StartAll();

        Assert.All(nodes, static node => Assert.Equal([1L], node.Ran));
        ConfigRevision first = Assert.Single(nodes[2].Store.View.Known);
        Assert.Equal((1L, RevisionKind.File, "file"), (first.Number, first.Kind, first.Who));
        Assert.Equal(Names, nodes[1].Store.View.Acks.Select(static ack => ack.Node));
        Assert.All(nodes[1].Store.View.Acks, static ack => Assert.Equal((1L, 0L), (ack.Running, ack.Refused)));
    }

    [Fact]
    public void A_change_on_one_node_holds_on_all()
    {
        RevisionNode[] nodes = StartAll();

        var committed = Assert.IsType<RevisionAnswer.Committed>(nodes[1].Set(WeightOfA, "50", expected: 1));
        Settle();

        Assert.Equal(["pools.app.members.a.weight 100 → 50"], committed.Revision.Diff);
        Assert.Equal((2L, "ann", "test"), (committed.Revision.Number, committed.Revision.Who, committed.Revision.Why));
        Assert.All(nodes, static node => Assert.Equal([1L, 2L], node.Ran));
        Assert.All(nodes, static node => Assert.Contains("weight = 50", node.Running));
        Assert.All(nodes[0].Store.View.Acks, static ack => Assert.Equal(2, ack.Running));
        Assert.Equal(2, nodes[0].Memory?.Revision?.Number);
    }

    [Fact]
    public async Task Two_who_saw_the_same_revision_get_one_commit_and_one_conflict_that_shows_both()
    {
        RevisionNode[] nodes = StartAll();

        Task<RevisionAnswer> first = nodes[0].Send(RevisionNode.Setting(WeightOfA, "50", 1));
        Task<RevisionAnswer> second = nodes[1].Send(RevisionNode.Setting(WeightOfA, "60", 1));
        Settle();

        RevisionAnswer[] answers = [await first, await second];
        var committed = Assert.Single(answers.OfType<RevisionAnswer.Committed>());
        var conflict = Assert.Single(answers.OfType<RevisionAnswer.Conflict>());
        Assert.Equal((1L, 2L), (conflict.Expected, conflict.Current));
        Assert.Equal(committed.Revision.Diff, conflict.Theirs);
        Assert.StartsWith($"set {WeightOfA} = ", Assert.Single(conflict.Yours));
        Assert.Equal(2, nodes[2].Store.View.Head?.Number);
    }

    [Fact]
    public async Task Changes_that_name_no_revision_are_all_made_one_after_the_other()
    {
        RevisionNode[] nodes = StartAll();

        Task<RevisionAnswer>[] answers =
        [
            .. nodes.SelectMany(static (node, i) => new[]
            {
                node.Send(RevisionNode.Setting($"pools.p{i}", Pool)),
                node.Send(RevisionNode.Setting($"pools.p{i}.balance", "\"least-requests\"")),
            }),
        ];
        Settle();

        Assert.All(
            await Task.WhenAll(answers), static answer => Assert.IsType<RevisionAnswer.Committed>(answer));
        Assert.Equal(7, nodes[0].Store.View.Head?.Number);
        Assert.Single(nodes.Select(static node => node.Running).Distinct());
    }

    [Fact]
    public void What_cannot_be_run_is_not_committed()
    {
        RevisionNode[] nodes = StartAll();

        var invalid = Assert.IsType<RevisionAnswer.Invalid>(nodes[0].Set(WeightOfA, "\"heavy\""));
        var misspelt = Assert.IsType<RevisionAnswer.Invalid>(nodes[0].Set("pools.app.balanc", "\"first\""));
        var nowhere = Assert.IsType<RevisionAnswer.Invalid>(nodes[0].Set("pools.app.members.z.weight", "1"));
        var own = Assert.IsType<RevisionAnswer.Invalid>(nodes[0].Set("node.workers", "1"));

        Assert.Contains("weight", Assert.Single(invalid.Problems));
        Assert.Contains("balanc", Assert.Single(misspelt.Problems));
        Assert.Contains("there are a, b", Assert.Single(nowhere.Problems));
        Assert.Contains("node's own", Assert.Single(own.Problems));
        Assert.Equal(1, nodes[0].Store.View.Head?.Number);
    }

    [Fact]
    public void A_rollback_is_a_commit_with_an_older_content()
    {
        RevisionNode[] nodes = StartAll();
        nodes[0].Set(WeightOfA, "50");
        nodes[0].Set(WeightOfA, "60");

        var back = Assert.IsType<RevisionAnswer.Committed>(
            nodes[2].Commit(new RevisionRequest.Rollback(1) { Who = "bob", Why = "slow" }));
        Settle();

        Assert.Equal((4L, RevisionKind.Rollback, 1L), (back.Revision.Number, back.Revision.Kind, back.Revision.Of));
        Assert.Equal(["pools.app.members.a.weight 60 → 100"], back.Revision.Diff);
        Assert.Equal(nodes[0].Store.View.At(1)?.Hash, back.Revision.Hash);
        Assert.All(nodes, static node => Assert.Equal(4, node.Ran[^1]));
        Assert.IsType<RevisionAnswer.Unchanged>(nodes[1].Commit(new RevisionRequest.Rollback(4) { Who = "bob" }));
        Assert.IsType<RevisionAnswer.Invalid>(nodes[1].Commit(new RevisionRequest.Rollback(9) { Who = "bob" }));
    }

    [Fact]
    public void A_staged_revision_runs_on_one_node_until_it_is_continued()
    {
        RevisionNode[] nodes = StartAll();

        nodes[0].Commit(RevisionNode.Setting(WeightOfA, "50") with { First = "n2" });
        Settle();
        Assert.Equal([[1L], [1L, 2L], [1L]], nodes.Select(static node => node.Ran));
        var waiting = Assert.IsType<RevisionAnswer.Invalid>(nodes[2].Set(WeightOfA, "60"));
        Assert.Contains("staged on n2", Assert.Single(waiting.Problems));

        nodes[2].Commit(new RevisionRequest.Continue { Who = "ann" });
        Settle();

        Assert.Equal([[1L, 3L], [1L, 2L, 3L], [1L, 3L]], nodes.Select(static node => node.Ran));
        Assert.Equal((RevisionKind.Continue, 2L), (nodes[0].Store.View.Head?.Kind, nodes[0].Store.View.Head?.Of));
        Assert.All(nodes, static node => Assert.Contains("weight = 50", node.Running));
        Assert.IsType<RevisionAnswer.Invalid>(nodes[0].Commit(new RevisionRequest.Continue { Who = "ann" }));
    }

    [Fact]
    public void A_staged_revision_can_be_given_up()
    {
        RevisionNode[] nodes = StartAll();
        nodes[0].Commit(RevisionNode.Setting(WeightOfA, "50") with { First = "n2" });
        Settle();

        nodes[0].Commit(new RevisionRequest.Rollback(1) { Who = "ann" });
        Settle();

        Assert.All(nodes, static node => Assert.Contains("weight = 100", node.Running));
        Assert.Equal([1L, 2L, 3L], nodes[1].Ran);
    }

    [Fact]
    public void A_staged_revision_goes_on_by_itself_when_asked_and_stays_when_its_node_refuses()
    {
        RevisionNode[] nodes = StartAll();
        nodes[0].Commit(RevisionNode.Setting(WeightOfA, "50") with { First = "n2", GoesOn = true });
        Settle();
        Assert.All(nodes, static node => Assert.Equal(3, node.Ran[^1]));

        nodes[1].Refuses = "no certificate";
        nodes[0].Commit(RevisionNode.Setting(WeightOfA, "60") with { First = "n2", GoesOn = true });
        Settle();

        Assert.Equal(4, nodes[0].Store.View.Head?.Number);
        Assert.All(nodes, static node => Assert.Equal(3, node.Ran[^1]));
        NodeAck ack = nodes[0].Store.View.Acks.Single(static ack => ack.Node == "n2");
        Assert.Equal((3L, 4L, "no certificate"), (ack.Running, ack.Refused, ack.Reason));
    }

    [Fact]
    public void Whoever_changes_something_hears_when_this_node_cannot_run_it()
    {
        RevisionNode[] nodes = StartAll();
        nodes[0].Refuses = "no certificate";

        var committed = Assert.IsType<RevisionAnswer.Committed>(nodes[0].Set(WeightOfA, "50"));

        Assert.Equal(["this node cannot run it: no certificate"], committed.Warnings);
        Settle();
        Assert.Equal([1L, 2L], nodes[1].Ran);
        Assert.Equal((1L, 2L), (nodes[0].Store.View.Running, nodes[1].Store.View.Running));
    }

    [Fact]
    public void Nobody_is_first_who_is_not_there()
    {
        RevisionNode[] nodes = StartAll();

        RevisionAnswer answer = nodes[0].Commit(RevisionNode.Setting(WeightOfA, "50") with { First = "n9" });

        Assert.Contains("there are n1, n2, n3", Assert.Single(Assert.IsType<RevisionAnswer.Invalid>(answer).Problems));
    }

    [Fact]
    public void Without_the_engine_everything_goes_on_and_changes_are_refused_with_the_reason()
    {
        RevisionNode[] nodes = StartAll();
        _engine.FallSilent("engine is down");

        var refused = Assert.IsType<RevisionAnswer.Unavailable>(nodes[0].Set(WeightOfA, "50"));
        Assert.Contains("no answer", refused.Reason);
        Assert.All(nodes, static node => Assert.Equal([1L], node.Ran));

        _engine.Answer();
        Settle();
        Assert.IsType<RevisionAnswer.Committed>(nodes[0].Set(WeightOfA, "50"));
        Settle();
        Assert.All(nodes, static node => Assert.Equal([1L, 2L], node.Ran));
    }

    [Fact]
    public async Task A_lost_answer_leaves_one_commit_that_all_run()
    {
        RevisionNode[] nodes = StartAll();
        Task<RevisionAnswer> answer = nodes[0].Send(RevisionNode.Setting(WeightOfA, "50"));
        while (!answer.IsCompleted && _engine.Revision.Value < 100)
        {
            _links["n1"].LoseNextAnswer = true;
            _dispatcher.Step();
            _dispatcher.Advance(TimeSpan.FromMilliseconds(1));
        }

        _links["n1"].LoseNextAnswer = false;
        Settle();

        Assert.IsType<RevisionAnswer.Unavailable>(await answer);
        Assert.IsType<RevisionAnswer.Committed>(nodes[1].Set(WeightOfA, "70"));
        Settle();
        Assert.Single(nodes.Select(static node => node.Running).Distinct());
        Assert.Single(nodes.Select(static node => node.Store.View.Head?.Number).Distinct());
    }

    [Fact]
    public void A_node_that_was_cut_off_catches_up_to_the_newest_revision_at_once()
    {
        RevisionNode[] nodes = StartAll();
        _links["n3"].Cut();
        nodes[0].Set(WeightOfA, "50");
        nodes[0].Set(WeightOfA, "60");
        Settle();
        Assert.Equal([1L], nodes[2].Ran);

        _links["n3"].Heal();
        Settle();

        Assert.Equal([1L, 3L], nodes[2].Ran);
        Assert.Equal(3, nodes[0].Store.View.Acks.Single(static ack => ack.Node == "n3").Running);
    }

    [Fact]
    public void A_node_starts_from_its_disk_without_the_engine_and_follows_when_it_is_back()
    {
        RevisionNode[] nodes = StartAll();
        nodes[0].Set(WeightOfA, "50");
        Settle();
        RememberedRevision memory = Assert.IsType<RememberedRevision>(nodes[2].Memory);
        nodes[2].Dispose();
        _engine.FallSilent("engine is down");

        RevisionNode again = Node("n3", memory);
        RevisionStart start = again.Start();

        Assert.Null(start.Problem);
        Assert.Equal(2, start.Number);
        Assert.Contains("weight = 50", again.Running);
        Assert.Contains(start.Notes, static note => note.Contains("from its disk", StringComparison.Ordinal));

        _engine.Answer();
        Settle();
        nodes[0].Set(WeightOfA, "60");
        Settle();
        Assert.Equal([2L, 3L], again.Ran);
    }

    [Fact]
    public void A_new_node_without_the_engine_runs_its_file_and_joins_later()
    {
        RevisionNode[] nodes = StartAll(count: 2);
        nodes[0].Set(WeightOfA, "50");
        _engine.FallSilent("engine is down");

        RevisionNode late = Node("n3");
        RevisionStart start = late.Start();
        Assert.Equal((0L, null), (start.Number, start.Problem));
        Assert.Contains("weight = 100", late.Running);

        _engine.Answer();
        Settle();

        Assert.Equal([0L, 2L], late.Ran);
        Assert.Equal(2, nodes[0].Store.View.Head?.Number);
    }

    [Fact]
    public void A_file_that_changed_while_its_node_was_away_is_a_commit_and_the_overlay_stays()
    {
        RevisionNode[] nodes = StartAll();
        nodes[0].Set(WeightOfA, "50");
        Settle();
        RememberedRevision memory = Assert.IsType<RememberedRevision>(nodes[2].Memory);
        nodes[2].Dispose();

        RevisionNode again = Node("n3", memory, File().Replace("weight = 70", "weight = 71", StringComparison.Ordinal));
        again.Start();
        Settle();

        ConfigRevision head = Assert.IsType<ConfigRevision>(nodes[0].Store.View.Head);
        Assert.Equal((3L, RevisionKind.File), (head.Number, head.Kind));
        Assert.Equal(["pools.app.members.b.weight 70 → 71"], head.Diff);
        Assert.Contains("weight = 50", nodes[0].Running);
        Assert.Equal([3L], again.Ran);
    }

    [Fact]
    public void A_file_that_did_not_change_never_takes_back_what_operators_did()
    {
        RevisionNode[] nodes = StartAll();
        nodes[0].Reread(File().Replace("weight = 70", "weight = 71", StringComparison.Ordinal));
        Settle();
        RememberedRevision memory = Assert.IsType<RememberedRevision>(nodes[2].Memory);
        nodes[2].Dispose();

        Node("n3", memory).Start(); // Its file is the old one.
        RevisionAnswer reread = nodes[1].Reread(File());
        Settle();

        Assert.IsType<RevisionAnswer.Unchanged>(reread);
        Assert.Equal(2, nodes[0].Store.View.Head?.Number);
        Assert.Contains("weight = 71", nodes[1].Running);
        Assert.Equal([1L, 2L, 2L], nodes[1].Ran);
    }

    [Fact]
    public void A_newcomer_with_another_file_runs_what_the_cluster_runs_and_says_so()
    {
        RevisionNode[] nodes = StartAll(count: 2);
        RevisionNode late = Node("n3", file: File().Replace("weight = 70", "weight = 71", StringComparison.Ordinal));

        RevisionStart start = late.Start();

        Assert.Equal(nodes[0].Running, late.Running);
        Assert.Contains("the file of this node says something else", Assert.Single(start.Notes));
        Assert.Equal(1, nodes[0].Store.View.Head?.Number);
        late.Reread(File().Replace("weight = 70", "weight = 72", StringComparison.Ordinal));
        Settle();
        Assert.Contains("weight = 72", nodes[0].Running);
    }

    [Fact]
    public void Edits_a_new_file_has_no_place_for_are_left_out_and_said()
    {
        RevisionNode[] nodes = StartAll();
        nodes[0].Set(WeightOfA, "50");

        RevisionAnswer answer = nodes[0].Reread(File().Replace("name = a,", "name = c,", StringComparison.Ordinal));

        var committed = Assert.IsType<RevisionAnswer.Committed>(answer);
        Assert.Contains("left out: set pools.app.members.a.weight: ", Assert.Single(committed.Warnings));
        Assert.Empty(committed.Revision.Open()!.Overlay.Edits);
    }

    [Fact]
    public void A_revision_this_node_cannot_run_does_not_keep_it_from_starting()
    {
        RevisionNode[] nodes = StartAll(count: 2);
        nodes[0].Set(WeightOfA, "50");
        var late = Node("n3");
        late.Refuses = "no certificate";

        RevisionStart start = late.Start();

        Assert.Equal("no certificate", start.Problem);
        Assert.Contains("revision 2 is refused: no certificate", late.Warnings);
        Assert.Contains(nodes[0].Store.View.Acks, static ack => ack is { Node: "n3", Refused: 2 });
    }

    [Fact]
    public void Many_revisions_are_trimmed_and_a_newcomer_reads_only_what_is_kept()
    {
        RevisionNode[] nodes = StartAll(count: 1);
        for (int i = 1; i <= RevisionHistory.MaxRevisions + 80; i++)
        {
            Assert.IsType<RevisionAnswer.Committed>(nodes[0].Set(WeightOfA, $"{i}"));
        }

        Settle();
        RevisionNode late = Node("n3");
        late.Start();

        long head = RevisionHistory.MaxRevisions + 81;
        Assert.Equal([head], late.Ran);
        Assert.Empty(nodes[0].Warnings);
        Assert.InRange(late.Store.View.Known[0].Number, 2, head - 100);
        Assert.InRange(_engine.List("test/revisions/").Items.Count, 100, RevisionHistory.MaxRevisions + 80);
    }

    internal static string File() => """
        proxy {
          listeners = [ { name = web, bind = "127.0.0.1:0" } ]
          routes = [ { pool = app } ]
          pools { app { members = [
            { name = a, url = "http://127.0.0.1:9001", weight = 100 }
            { name = b, url = "http://127.0.0.1:9002", weight = 70 } ] } }
        }
        """;

    private RevisionNode[] StartAll(int count = 3)
    {
        RevisionNode[] nodes = [.. Names.Take(count).Select(name => Node(name))];
        foreach (RevisionNode node in nodes)
        {
            RevisionStart start = node.Start();
            Assert.Equal((1L, null), (start.Number, start.Problem));
        }

        Settle();
        return nodes;
    }

    private RevisionNode Node(string name, RememberedRevision? memory = null, string? file = null)
    {
        SimEngineClient link = _engine.Connect(name);
        _links[name] = link;
        return new RevisionNode(_dispatcher, name, link, file ?? File(), Names, memory);
    }

    private void Settle() => _dispatcher.Advance(TimeSpan.FromSeconds(5));
}
