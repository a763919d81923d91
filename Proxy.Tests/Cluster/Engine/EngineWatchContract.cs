using Proxy.Cluster.Engine;

namespace Proxy.Tests.Cluster.Engine;

/// <summary>What every engine keeps about watches.</summary>
public abstract class EngineWatchContract(EngineUnderTest server) : EngineLeaseContract(server)
{
    [Fact]
    public async Task A_watch_tells_the_past_and_then_the_present_of_its_prefix()
    {
        Revision first = await PutAsync("in/1", "1");
        await PutAsync("out", "x");
        await PutAsync("in/1", "2");
        await using var watch = new WatchRecorder(Engine.Nodes[1], Key("in/"), first);
        await Engine.UntilAsync(() => watch.Changes.Count == 2, () => "the past");
        await PutAsync("in0", "x");
        await CommitAsync(EngineTransaction.Of(new EngineWrite.Delete(Key("in/1"))));
        Revision last = await PutAsync("in/1", "3");
        await Engine.UntilAsync(() => watch.Changes.Count == 4, () => "the present");

        Assert.Equal(
            [(ChangeKind.Put, 1L), (ChangeKind.Put, 2L), (ChangeKind.Delete, 0L), (ChangeKind.Put, 1L)],
            watch.Changes.Select(static change => (change.Kind, change.Item.Version)));
        Assert.Equal([first, first, default, last], watch.Changes.Select(static change => change.Item.Created));
        Assert.Equal(last, watch.Batches[^1].Revision);
        Assert.All(watch.Changes, change => Assert.Equal(Key("in/1"), change.Item.Key));
    }

    [Fact]
    public async Task A_watch_from_the_next_revision_tells_no_past()
    {
        Revision now = await PutAsync("k", "1");
        await using var watch = new WatchRecorder(Node, Prefix, now.Next);

        Revision next = await PutAsync("k", "2");
        await Engine.UntilAsync(() => watch.Changes.Count > 0, () => "the change");

        Assert.Equal(next, Assert.Single(watch.Changes).Item.Modified);
    }

    [Fact]
    public async Task A_transaction_arrives_in_one_batch_in_the_order_of_its_writes()
    {
        Revision before = await PutAsync("gone", "x");
        await using var watch = new WatchRecorder(Node, Prefix, before.Next);

        Revision at = (await CommitAsync(EngineTransaction.Of(
            new EngineWrite.Put(Key("b"), Bytes("1")),
            new EngineWrite.Delete(Key("gone")),
            new EngineWrite.Put(Key("a"), Bytes("2"))))).Revision;
        await Engine.UntilAsync(() => watch.Changes.Count > 0, () => "the transaction");

        WatchSignal.Batch batch = Assert.Single(watch.Batches);
        Assert.Equal(at, batch.Revision);
        Assert.Equal([Key("b"), Key("gone"), Key("a")], batch.Changes.Select(static change => change.Item.Key));
        Assert.All(batch.Changes, change => Assert.Equal(at, change.Item.Modified));
    }

    [Fact]
    public async Task Watches_miss_nothing_and_repeat_nothing_across_an_interruption()
    {
        const int Writes = 60;
        Revision start = await PutAsync("start", "");
        await using var first = new WatchRecorder(Engine.Nodes[0], Key("n/"), start.Next);
        await using var second = new WatchRecorder(Engine.Nodes[1], Key("n/"), start.Next);
        int done = 0;

        Task writing = WriteAsync(Writes, () => done++);
        await Engine.UntilAsync(() => done >= Writes / 3, () => "the first third");
        await Engine.InterruptAsync();
        await Engine.UntilAsync(() => writing.IsCompleted, () => $"all writes, of which there were {done}");
        await writing;
        await Engine.UntilAsync(
            () => first.Changes.Count >= Writes * 2 && second.Changes.Count >= Writes * 2,
            () => $"{Writes * 2} changes, of which there were {first.Changes.Count} and {second.Changes.Count}");

        string[] expected =
            [.. Enumerable.Range(0, Writes).SelectMany(i => new[] { Key($"n/{i:d4}/a"), Key($"n/{i:d4}/b") })];
        foreach (WatchRecorder watch in new[] { first, second })
        {
            Assert.Equal(expected, watch.Changes.Select(static change => change.Item.Key));
            Assert.True(Rising(watch.Batches.Select(static batch => batch.Revision)));
            Assert.All(watch.Batches, static batch => Assert.Equal(0, batch.Changes.Count % 2));
        }
    }

    [Fact]
    public async Task Many_writers_are_seen_in_one_order_by_all()
    {
        Revision start = await PutAsync("start", "");
        WatchRecorder[] watches = [.. Engine.Nodes.Select(node => new WatchRecorder(node, Prefix, start.Next))];

        await Engine.FinishAsync(Task.WhenAll(Engine.Nodes.Select(async (node, who) =>
        {
            await Engine.YieldAsync();
            for (int i = 0; i < 20; i++)
            {
                Valid(await node.CommitAsync(EngineTransaction.Of(new EngineWrite.Put(Key($"{who}/{i}"), default)), Cancel));
            }
        })));
        await Engine.UntilAsync(() => watches.All(static watch => watch.Changes.Count >= 60), () => "all changes");

        Assert.True(Rising(watches[0].Changes.Select(static change => change.Item.Modified)));
        Assert.All(watches, watch => Assert.Equal(
            watches[0].Changes.Select(static change => change.Item.Key),
            watch.Changes.Select(static change => change.Item.Key)));
        foreach (WatchRecorder watch in watches)
        {
            await watch.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_history_that_is_gone_is_said_and_a_list_goes_on_from_there()
    {
        Revision first = await PutAsync("k", "1");
        await PutAsync("k", "2");
        Revision third = await PutAsync("k", "3");

        await Engine.CompactAsync(third);
        await using var late = new WatchRecorder(Node, Prefix, first);
        await Engine.UntilAsync(() => late.Ended is not null, () => "the end of the watch");
        Listing listing = Valid(await Node.ListAsync(Prefix, Cancel));
        await using var watch = new WatchRecorder(Node, Prefix, listing.Revision.Next);
        Revision fourth = await PutAsync("k", "4");
        await Engine.UntilAsync(() => watch.Changes.Count > 0, () => "the next change");

        Assert.Equal(EngineFaultKind.Compacted, late.Ended?.Kind);
        Assert.InRange(late.Ended!.CompactedAt.Value, first.Value + 1, third.Value);
        Assert.Empty(late.Changes);
        Assert.Equal(third, Assert.Single(listing.Items).Modified);
        Assert.Equal(fourth, Assert.Single(watch.Changes).Item.Modified);
    }

    [Fact]
    public async Task A_silent_engine_stalls_the_watch_which_goes_on_by_itself()
    {
        Revision before = await PutAsync("k", "1");
        await using var watch = new WatchRecorder(Engine.Impatient, Prefix, before.Next);
        await PutAsync("k", "2");
        await Engine.UntilAsync(() => watch.Changes.Count == 1, () => "a watch that works");

        await Engine.FallSilentAsync();
        await Engine.UntilAsync(
            () => watch.Signals.OfType<WatchSignal.Stalled>().Any(), () => "a stalled watch");
        await Engine.AnswerAsync();
        await EventuallyReadAsync("k");
        await PutAsync("k", "3");
        await Engine.UntilAsync(() => watch.Changes.Count >= 2, () => "the next change");

        Assert.Equal([2L, 3L], watch.Changes.Select(static change => change.Item.Version));
        Assert.Contains(watch.Signals, static signal => signal is WatchSignal.Resumed);
    }

    private static bool Rising(IEnumerable<Revision> revisions) =>
        revisions.Zip(revisions.Skip(1)).All(static pair => pair.First < pair.Second);

    /// <summary>Two keys at a time. An answer that got lost is made good by a compare, as users of the engine
    /// do.</summary>
    private async Task WriteAsync(int count, Action wrote)
    {
        for (int i = 0; i < count; i++)
        {
            var transaction = new EngineTransaction(
                [EngineCompare.Absent(Key($"n/{i:d4}/a"))],
                [new EngineWrite.Put(Key($"n/{i:d4}/a"), default), new EngineWrite.Put(Key($"n/{i:d4}/b"), default)]);
            while (!(await Engine.Nodes[2].CommitAsync(transaction, Cancel)).IsOk)
            {
                await Engine.YieldAsync();
            }

            wrote();
            await Engine.YieldAsync();
        }
    }
}
