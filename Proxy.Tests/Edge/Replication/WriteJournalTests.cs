using Proxy.Edge.Replication;

namespace Proxy.Tests.Edge.Replication;

public sealed class WriteJournalTests
{
    private static ReplicatedEntry Entry(ulong value) => new() { Value = value, Stamp = new Stamp(value + 1) };

    [Fact]
    public void A_cursor_reads_everything_once_and_in_order()
    {
        var journal = new WriteJournal(16, new WriteSignal());
        var read = new List<ulong>();
        var buffer = new ReplicatedEntry[5];
        long cursor = 0;

        for (ulong i = 0; i < 100; i++)
        {
            journal.Append(Entry(i));
            if (i % 7 == 6)
            {
                int count;
                while ((count = journal.Read(cursor, buffer)) > 0)
                {
                    read.AddRange(buffer[..count].Select(static e => e.Value));
                    cursor += count;
                }
            }
        }

        Assert.Equal(Enumerable.Range(0, 98).Select(static i => (ulong)i), read);
    }

    [Fact]
    public void A_cursor_that_was_overtaken_is_told_so()
    {
        var journal = new WriteJournal(16, new WriteSignal());
        for (ulong i = 0; i < 20; i++)
        {
            journal.Append(Entry(i));
        }

        Assert.Equal(-1, journal.Read(3, new ReplicatedEntry[32]));
        Assert.False(journal.Holds(3));
        Assert.True(journal.Holds(5));
        Assert.Equal(-1, journal.Read(21, new ReplicatedEntry[4]));
        Assert.False(journal.Holds(21));
        Assert.Equal(0, journal.Read(20, new ReplicatedEntry[4]));
    }

    [Fact]
    public void Writing_wakes_an_armed_sender_once()
    {
        var signal = new WriteSignal();
        var journal = new WriteJournal(16, signal);
        int woken = 0;
        signal.Attach(() => woken++);

        journal.Append(Entry(1));
        Assert.Equal(0, woken);
        signal.Arm();
        journal.Append(Entry(2));
        journal.Append(Entry(3));

        Assert.Equal(1, woken);
    }

    [Fact]
    public async Task Nothing_is_lost_or_torn_between_writers_and_a_reader()
    {
        var journal = new WriteJournal(1 << 17, new WriteSignal());
        Task[] writers = [.. Enumerable.Range(0, 3).Select(writer => Task.Run(
            () =>
            {
                for (int i = 0; i < 30_000; i++)
                {
                    journal.Append(Entry((ulong)((writer * 30_000) + i)));
                }
            },
            TestContext.Current.CancellationToken))];
        var seen = new List<ulong>();
        var buffer = new ReplicatedEntry[1_000];

        while (seen.Count < 90_000)
        {
            int count = journal.Read(seen.Count, buffer);
            Assert.True(count >= 0);
            Assert.All(buffer[..count], static e => Assert.Equal(e.Value + 1, e.Stamp.Value));
            seen.AddRange(buffer[..count].Select(static e => e.Value));
        }

        await Task.WhenAll(writers);
        Assert.Equal(90_000, seen.Distinct().Count());
    }
}
