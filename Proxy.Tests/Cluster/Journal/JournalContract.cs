using System.Text;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Journal;

namespace Proxy.Tests.Cluster.Journal;

/// <summary>What every journal keeps.</summary>
public abstract class JournalContract(JournalUnderTest server)
{
    private const int Writers = 8;

    private int _ids;

    private protected IJournal Journal => Provider.Journal;

    private protected JournalUnderTest Provider { get; } = server;

    private protected string Name { get; } = server.NewName();

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_journal_has_nothing_and_begins_at_one()
    {
        JournalPage page = Valid(await Journal.ReadAsync(Name, 1, Cancel));

        Assert.Equal((0L, 1L, 0), (page.Last, page.Floor, page.Events.Count));
        Assert.Null(Valid(await Journal.LoadAsync(Name, Cancel)));
    }

    [Fact]
    public async Task What_was_appended_is_read_back_in_order_with_all_its_parts()
    {
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
        JournalEvent[] events =
        [
            new(NewId(), "first", at, new byte[] { 0, 255, 10, 13 }),
            new(NewId(), "second", at.AddDays(1), ReadOnlyMemory<byte>.Empty),
        ];

        Assert.Equal(new JournalOutcome.Ok(2), await Journal.AppendAsync(Name, 0, 0, events, Cancel));
        Assert.Equal(new JournalOutcome.Ok(3), await Journal.AppendAsync(Name, 2, 0, [Event("third")], Cancel));

        List<StoredEvent> stored = await ReadAllAsync(Name);
        Assert.Equal([1L, 2L, 3L], stored.Select(static s => s.Sequence));
        Assert.Equal((events[0].Id, "first", at), (stored[0].Event.Id, stored[0].Event.Type, stored[0].Event.At));
        Assert.Equal(events[0].Payload.ToArray(), stored[0].Event.Payload.ToArray());
        Assert.Equal(0, stored[1].Event.Payload.Length);
        Assert.Equal("third", Text(stored[2]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Another_place_than_the_end_is_refused_with_the_true_end(long expected)
    {
        await FillAsync(Name, 2);

        JournalOutcome outcome = await Journal.AppendAsync(Name, expected, 0, [Event("x")], Cancel);

        Assert.Equal(new JournalOutcome.WrongSequence(2), outcome);
        Assert.Equal(2, (await ReadAllAsync(Name)).Count);
    }

    [Fact]
    public async Task Journals_do_not_touch_each_other()
    {
        string other = Provider.NewName();
        await FillAsync(Name, 2);

        Assert.Equal(new JournalOutcome.Ok(1), await Journal.AppendAsync(other, 0, 7, [Event("o")], Cancel));
        Assert.Equal(new JournalOutcome.Ok(3), await Journal.AppendAsync(Name, 2, 0, [Event("n")], Cancel));
    }

    [Fact]
    public async Task A_writer_with_a_lower_epoch_is_shut_out()
    {
        await Journal.AppendAsync(Name, 0, 4, [Event("old")], Cancel);
        await Journal.AppendAsync(Name, 1, 9, [Event("new")], Cancel);

        Assert.Equal(new JournalOutcome.Fenced(9), await Journal.AppendAsync(Name, 2, 4, [Event("x")], Cancel));
        Assert.Equal(
            new JournalOutcome.Fenced(9), await Journal.SaveAsync(Name, 4, new JournalSnapshot(2, Bytes("s")), Cancel));
        await Journal.SaveAsync(Name, 9, new JournalSnapshot(2, Bytes("s")), Cancel);
        Assert.Equal(new JournalOutcome.Fenced(9), await Journal.TruncateAsync(Name, 4, 2, Cancel));
        Assert.Equal(new JournalOutcome.Ok(3), await Journal.AppendAsync(Name, 2, 9, [Event("y")], Cancel));
    }

    [Fact]
    public async Task Of_many_writers_at_one_place_one_wins()
    {
        Task<JournalOutcome>[] tries =
        [
            .. Enumerable.Range(0, Writers).Select(i =>
                Journal.AppendAsync(Name, 0, 0, [Event($"a{i}"), Event($"b{i}")], Cancel).AsTask()),
        ];
        JournalOutcome[] outcomes = await Task.WhenAll(tries);

        int winner = Array.FindIndex(outcomes, static o => o is JournalOutcome.Ok);
        Assert.Equal(1, outcomes.Count(static outcome => outcome == new JournalOutcome.Ok(2)));
        Assert.Equal(Writers - 1, outcomes.Count(static outcome => outcome == new JournalOutcome.WrongSequence(2)));
        Assert.Equal([$"a{winner}", $"b{winner}"], (await ReadAllAsync(Name)).Select(Text));
    }

    [Fact]
    public async Task Many_writers_that_try_until_it_works_lose_nothing()
    {
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            long end = 0;
            for (int i = 0; i < 5; i++)
            {
                JournalEvent one = Event($"{writer}.{i}");
                JournalOutcome outcome;
                while ((outcome = await Journal.AppendAsync(Name, end, 0, [one], Cancel)) is not JournalOutcome.Ok)
                {
                    end = outcome is JournalOutcome.WrongSequence wrong ? wrong.Actual : end;
                }
            }
        }));

        string[] texts = [.. (await ReadAllAsync(Name)).Select(Text)];
        Assert.Equal(Writers * 5, texts.Distinct().Count());
        Assert.Equal(Writers * 5, texts.Length);
        for (int writer = 0; writer < Writers; writer++)
        {
            string own = $"{writer}.";
            Assert.Equal(
                Enumerable.Range(0, 5).Select(i => own + i),
                texts.Where(text => text.StartsWith(own, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task A_writer_that_died_before_its_answer_may_write_the_same_again()
    {
        await FillAsync(Name, 1);
        JournalEvent[] events = [Event("x"), Event("y")];
        await Journal.AppendAsync(Name, 1, 3, events, Cancel);
        await Provider.ReopenAsync();

        Assert.Equal(new JournalOutcome.Ok(3), await Journal.AppendAsync(Name, 1, 3, events, Cancel));

        // Others wrote meanwhile, one of them fenced it out: the truth about its events is the same.
        await Journal.AppendAsync(Name, 3, 5, [Event("z")], Cancel);
        Assert.Equal(new JournalOutcome.Ok(3), await Journal.AppendAsync(Name, 1, 3, events, Cancel));
        Assert.Equal(
            new JournalOutcome.WrongSequence(4), await Journal.AppendAsync(Name, 1, 3, [events[0], Event("q")], Cancel));
        Assert.Equal(["0", "x", "y", "z"], (await ReadAllAsync(Name)).Select(Text));
    }

    [Fact]
    public async Task Everything_is_the_same_after_the_process_is_replaced()
    {
        await FillAsync(Name, 70);
        await Journal.SaveAsync(Name, 2, new JournalSnapshot(60, Bytes("state")), Cancel);
        List<StoredEvent> before = await ReadAllAsync(Name);

        await Provider.ReopenAsync();

        List<StoredEvent> after = await ReadAllAsync(Name);
        Assert.Equal(
            before.Select(static s => (s.Sequence, s.Event.Id)), after.Select(static s => (s.Sequence, s.Event.Id)));
        Assert.Equal(before.Select(Text), after.Select(Text));
        Assert.Equal("state", Text(Valid(await Journal.LoadAsync(Name, Cancel))));
        Assert.Equal(new JournalOutcome.Fenced(2), await Journal.AppendAsync(Name, 70, 1, [Event("x")], Cancel));
    }

    [Fact]
    public async Task The_newest_snapshot_is_loaded_and_one_of_the_future_refused()
    {
        await FillAsync(Name, 3);
        foreach (long at in new long[] { 1, 2, 3 })
        {
            JournalOutcome saved = await Journal.SaveAsync(Name, 0, new JournalSnapshot(at, Bytes($"s{at}")), Cancel);
            Assert.Equal(new JournalOutcome.Ok(at), saved);
        }

        Assert.Equal(
            new JournalOutcome.WrongSequence(3), await Journal.SaveAsync(Name, 0, new JournalSnapshot(4, Bytes("s")), Cancel));
        JournalSnapshot? newest = Valid(await Journal.LoadAsync(Name, Cancel));
        Assert.Equal((3L, "s3"), (newest?.Sequence, Text(newest)));
    }

    [Fact]
    public async Task Only_what_a_snapshot_covers_can_be_truncated()
    {
        await FillAsync(Name, 100);
        Assert.Equal(new JournalOutcome.WrongSequence(0), await Journal.TruncateAsync(Name, 0, 2, Cancel));
        await Journal.SaveAsync(Name, 0, new JournalSnapshot(80, Bytes("s80")), Cancel);
        await Journal.SaveAsync(Name, 0, new JournalSnapshot(90, Bytes("s90")), Cancel);

        Assert.Equal(new JournalOutcome.WrongSequence(80), await Journal.TruncateAsync(Name, 0, 82, Cancel));
        await TruncateAsync(81);
        Assert.Equal(new JournalOutcome.Ok(81), await Journal.TruncateAsync(Name, 0, 5, Cancel));

        JournalPage page = Valid(await Journal.ReadAsync(Name, 1, Cancel));
        Assert.Equal((100L, 81L, 81L), (page.Last, page.Floor, page.Events[0].Sequence));
        Assert.Equal(20, (await ReadAllAsync(Name)).Count);
        Assert.Equal(new JournalOutcome.Ok(101), await Journal.AppendAsync(Name, 100, 0, [Event("x")], Cancel));
    }

    [Fact]
    public async Task A_torn_snapshot_falls_back_to_the_one_before()
    {
        await FillAsync(Name, 9);
        await Journal.SaveAsync(Name, 0, new JournalSnapshot(4, Bytes("a state of some length")), Cancel);
        await Journal.SaveAsync(Name, 0, new JournalSnapshot(8, Bytes("a later state of some length")), Cancel);

        await Provider.TearAsync(Name, 8);
        Assert.Equal(4, Valid(await Journal.LoadAsync(Name, Cancel))?.Sequence);

        await Provider.TearAsync(Name, 4);
        Assert.Null(Valid(await Journal.LoadAsync(Name, Cancel)));
        Assert.Equal(new JournalOutcome.WrongSequence(0), await Journal.TruncateAsync(Name, 0, 3, Cancel));
    }

    [Fact]
    public async Task A_call_that_breaks_the_limits_is_a_bug()
    {
        JournalEvent[] many = [.. Enumerable.Range(0, IJournal.MaxEvents + 1).Select(i => Event($"{i}"))];
        JournalEvent big = new(NewId(), "t", default, new byte[IJournal.MaxBytes + 1]);

        await RefusesAsync(Name, []);
        await RefusesAsync(Name, many);
        await RefusesAsync(Name, [big]);
        await RefusesAsync("A/b", [Event("x")]);
        Assert.Equal(
            new JournalOutcome.Ok(1),
            await Journal.AppendAsync(Name, 0, 0, [big with { Payload = new byte[IJournal.MaxBytes] }], Cancel));
        Assert.Equal(IJournal.MaxBytes, (await ReadAllAsync(Name))[0].Event.Payload.Length);
    }

    private protected static T Valid<T>(EngineResult<T> result)
    {
        Assert.True(result.IsOk, result.ToString());
        return result.Value;
    }

    private protected static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private protected static string Text(StoredEvent stored) => Encoding.UTF8.GetString(stored.Event.Payload.Span);

    private protected JournalEvent Event(string text) =>
        new(NewId(), "test", DateTimeOffset.UnixEpoch, Bytes(text));

    /// <summary>Events with the texts "0", "1" and so on.</summary>
    private protected async Task FillAsync(string name, int count)
    {
        for (int at = 0; at < count; at += IJournal.MaxEvents)
        {
            JournalEvent[] some =
            [
                .. Enumerable.Range(at, Math.Min(IJournal.MaxEvents, count - at)).Select(i => Event($"{i}")),
            ];
            Assert.Equal(new JournalOutcome.Ok(at + some.Length), await Journal.AppendAsync(name, at, 0, some, Cancel));
        }
    }

    private protected async Task<List<StoredEvent>> ReadAllAsync(string name)
    {
        var all = new List<StoredEvent>();
        JournalPage page;
        do
        {
            page = Valid(await Journal.ReadAsync(name, all.Count == 0 ? 1 : all[^1].Sequence + 1, Cancel));
            all.AddRange(page.Events);
        }
        while (page.Events.Count > 0);

        Assert.Equal(page.Last - page.Floor + 1, all.Count);
        return all;
    }

    private static string Text(JournalSnapshot? snapshot) =>
        snapshot is null ? "" : Encoding.UTF8.GetString(snapshot.Payload.Span);

    private async Task TruncateAsync(long before)
    {
        JournalOutcome outcome;
        do
        {
            outcome = await Journal.TruncateAsync(Name, 0, before, Cancel);
        }
        while (outcome is JournalOutcome.Ok ok && ok.Last < before);

        Assert.Equal(new JournalOutcome.Ok(before), outcome);
    }

    private async Task RefusesAsync(string name, IReadOnlyList<JournalEvent> events) =>
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await Journal.AppendAsync(name, 0, 0, events, Cancel));

    private Guid NewId() => new(Interlocked.Increment(ref _ids), 0, 0, new byte[8]);
}
