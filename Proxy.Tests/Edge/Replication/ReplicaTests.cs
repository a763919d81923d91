using Proxy.Edge.Replication;

namespace Proxy.Tests.Edge.Replication;

public sealed class ReplicaTests
{
    private const long Now = 1_800_000_000_000;

    private static Replica Node(string name) => new(
        1, NodeTag.Of(name), new HybridClock(TimeSpan.FromSeconds(5)), new ReplicaTable(10_000),
        new WriteJournal(1_024, new WriteSignal()));

    private static ReplicatedEntry[] Written(Replica replica)
    {
        var buffer = new ReplicatedEntry[replica.Journal.Head];
        Assert.Equal(buffer.Length, replica.Journal.Read(0, buffer));
        return buffer;
    }

    [Fact]
    public void What_one_writes_the_other_reads_until_it_expires()
    {
        Replica a = Node("a");
        Replica b = Node("b");
        var key = new EntryKey(1, 2);

        Assert.True(a.Write(key, 7, TimeSpan.FromSeconds(60), Now));
        ApplyCounts counts = b.Apply(Written(a), Now);

        Assert.Equal(new ApplyCounts(1, 0, 0), counts);
        Assert.True(b.TryRead(key, Now + 59_000, out ReplicatedEntry entry));
        Assert.Equal((7UL, NodeTag.Of("a")), (entry.Value, entry.Origin));
        Assert.False(b.TryRead(key, Now + 60_000, out _));
    }

    [Fact]
    public void The_later_write_wins_although_its_clock_is_behind()
    {
        Replica a = Node("a");
        Replica b = Node("b");
        var key = new EntryKey(1, 2);
        a.Write(key, 7, TimeSpan.FromSeconds(60), Now + 3_000);
        b.Apply(Written(a), Now);

        b.Write(key, 9, TimeSpan.FromSeconds(60), Now);
        a.Apply(Written(b), Now + 3_000);

        Assert.True(a.TryRead(key, Now, out ReplicatedEntry entry));
        Assert.Equal(9UL, entry.Value);
    }

    [Fact]
    public void A_guess_yields_to_what_was_known_before_and_to_a_removal()
    {
        Replica a = Node("a");
        Replica b = Node("b");
        var (kept, removed) = (new EntryKey(1, 2), new EntryKey(1, 3));
        a.Write(kept, 7, TimeSpan.FromSeconds(60), Now);
        a.Write(removed, 0, TimeSpan.FromSeconds(60), Now);
        b.Write(kept, 8, TimeSpan.FromSeconds(60), Now + 5);
        b.Write(removed, 8, TimeSpan.FromSeconds(60), Now + 5);

        ApplyCounts known = b.Apply(Written(a), Now + 6);
        ApplyCounts guessed = a.Apply(Written(b), Now + 6);

        Assert.Equal((2, 2), (known.Applied, guessed.Stale));
        foreach (Replica node in (Replica[])[a, b])
        {
            Assert.True(node.TryRead(kept, Now + 6, out ReplicatedEntry entry));
            Assert.Equal(7UL, entry.Value);
            Assert.False(node.TryRead(removed, Now + 6, out _));
        }
    }

    [Fact]
    public void A_guess_need_not_wait_for_the_sweep_of_what_is_over()
    {
        Replica node = Node("a");
        var key = new EntryKey(1, 2);
        node.Write(key, 7, TimeSpan.FromSeconds(60), Now);

        Assert.False(node.Write(key, 8, TimeSpan.FromSeconds(60), Now + 59_999));
        Assert.True(node.Write(key, 8, TimeSpan.FromSeconds(60), Now + 60_000));
    }

    [Fact]
    public void A_removal_travels_and_is_not_undone_by_what_was_before()
    {
        Replica a = Node("a");
        Replica b = Node("b");
        var key = new EntryKey(1, 2);
        a.Write(key, 7, TimeSpan.FromSeconds(60), Now);
        a.Write(key, 0, TimeSpan.FromSeconds(60), Now);
        ReplicatedEntry[] written = Written(a);

        b.Apply(written.AsSpan(1, 1), Now);
        ApplyCounts late = b.Apply(written.AsSpan(0, 1), Now);

        Assert.Equal(1, late.Stale);
        Assert.False(b.TryRead(key, Now, out _));
    }

    [Fact]
    public void Entries_from_the_future_or_the_past_are_refused()
    {
        Replica a = Node("a");
        Replica b = Node("b");
        a.Write(new EntryKey(1, 1), 7, TimeSpan.FromSeconds(60), Now + 6_000);
        a.Write(new EntryKey(1, 2), 7, TimeSpan.FromSeconds(1), Now - 60_000);

        Assert.Equal(new ApplyCounts(0, 0, 2), b.Apply(Written(a), Now));
        Assert.Equal(new ApplyCounts(0, 0, 1), b.Apply(new ReplicatedEntry[1], Now));
        Assert.Equal(0, b.Table.Count);
    }
}
