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

        b.Write(key, 8, TimeSpan.FromSeconds(60), Now);
        a.Apply(Written(b), Now + 3_000);

        Assert.True(a.TryRead(key, Now, out ReplicatedEntry entry));
        Assert.Equal(8UL, entry.Value);
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
