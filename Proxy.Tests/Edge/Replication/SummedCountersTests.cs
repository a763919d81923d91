using Proxy.Edge.Replication;

namespace Proxy.Tests.Edge.Replication;

public sealed class SummedCountersTests
{
    private const long Now = 1_800_000_000_000;
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(60);
    private static readonly EntryKey Key = new(11, 22);

    [Fact]
    public void Counts_of_all_nodes_add_up()
    {
        Node[] nodes = Cluster("a", "b", "c");
        nodes[0].Counters.Add(Key, 5, Life, Now);
        nodes[1].Counters.Add(Key, 7, Life, Now);
        nodes[1].Counters.Add(Key, 1, Life, Now);
        nodes[2].Counters.Set(Key, 30, Life, Now);

        Exchange(nodes);

        Assert.All(nodes, static node => Assert.Equal(43, node.Counters.Sum(Key, Now)));
        Assert.Equal(38, nodes[0].Counters.Others(Key, Now));
        Assert.Equal(5, nodes[0].Counters.Own(Key));
    }

    [Fact]
    public void A_node_that_is_gone_no_longer_counts()
    {
        Node[] nodes = Cluster("a", "b", "c");
        nodes[1].Counters.Add(Key, 7, Life, Now);
        nodes[2].Counters.Add(Key, 30, Life, Now);
        Exchange(nodes);

        nodes[0].Counters.SetPeers([NodeTag.Of("a"), NodeTag.Of("b")]);

        Assert.Equal(7, nodes[0].Counters.Sum(Key, Now));
    }

    [Fact]
    public void Only_what_changed_is_sent_and_a_zero_is_a_number()
    {
        Node node = Cluster("a")[0];
        node.Counters.Set(Key, 3, Life, Now);
        Assert.Equal(1, node.Counters.Flush(Now));
        node.Counters.Set(Key, 3, Life, Now);
        Assert.Equal(0, node.Counters.Flush(Now));
        node.Counters.Set(Key, 0, Life, Now);

        Assert.Equal(1, node.Counters.Flush(Now));
        Assert.Equal(2, node.Replica.Journal.Head);
        Assert.True(node.Replica.TryRead(Key.SlotOf(NodeTag.Of("a")), Now, out _));
    }

    [Fact]
    public void Keys_are_bounded_and_leave_when_their_time_is_over()
    {
        Node node = Cluster("a")[0];
        Assert.Equal(1, node.Counters.Add(new EntryKey(1, 1), 1, Life, Now));
        Assert.Equal(1, node.Counters.Add(new EntryKey(1, 2), 1, Life, Now));

        Assert.Equal(-1, node.Counters.Add(new EntryKey(1, 3), 1, Life, Now));
        Assert.False(node.Counters.Set(new EntryKey(1, 3), 1, Life, Now));
        Assert.Equal(2, node.Counters.Sweep(Now + 60_000));
        Assert.True(node.Counters.Set(new EntryKey(1, 3), 1, Life, Now));
    }

    /// <summary>A node that is started anew counts from 0; what it wrote before, by a clock that was ahead, comes back
    /// to it from its peers and must not stay.</summary>
    [Fact]
    public void What_an_earlier_life_wrote_gives_way()
    {
        Node node = Cluster("a")[0];
        EntryKey slot = Key.SlotOf(NodeTag.Of("a"));
        node.Counters.Add(Key, 3, Life, Now);
        node.Counters.Flush(Now);
        node.Replica.Apply([new ReplicatedEntry
        {
            Key = slot, Stamp = Stamp.At(Now + 500), Value = 91, Origin = NodeTag.Of("a"), Expiry = uint.MaxValue,
        }], Now);
        node.Counters.Sweep(Now);
        node.Counters.Flush(Now);

        Assert.True(node.Replica.TryRead(slot, Now, out ReplicatedEntry entry));
        Assert.Equal(3UL, entry.Value >> 1);
    }

    [Fact]
    public async Task Nothing_is_lost_while_several_threads_count_and_one_sends()
    {
        Node node = Cluster("a")[0];
        Task[] counting = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(
            () =>
            {
                for (int i = 0; i < 50_000; i++)
                {
                    node.Counters.Add(Key, 1, Life, Now);
                }
            },
            TestContext.Current.CancellationToken))];
        while (!Task.WhenAll(counting).IsCompleted)
        {
            node.Counters.Flush(Now);
        }

        await Task.WhenAll(counting);
        node.Counters.Flush(Now);

        Assert.True(node.Replica.TryRead(Key.SlotOf(NodeTag.Of("a")), Now, out ReplicatedEntry entry));
        Assert.Equal(150_000UL, entry.Value >> 1);
    }

    private static Node[] Cluster(params string[] names)
    {
        Node[] nodes = [.. names.Select(static name =>
        {
            var replica = new Replica(
                2, NodeTag.Of(name), new HybridClock(TimeSpan.FromSeconds(5)), new ReplicaTable(1_000),
                new WriteJournal(1 << 16, new WriteSignal()));
            return new Node(replica, new SummedCounters(replica, NodeTag.Of(name), 2));
        })];
        foreach (Node node in nodes)
        {
            node.Counters.SetPeers(names.Select(NodeTag.Of));
        }

        return nodes;
    }

    private static void Exchange(Node[] nodes)
    {
        foreach (Node from in nodes)
        {
            from.Counters.Flush(Now);
            var written = new ReplicatedEntry[from.Replica.Journal.Head];
            from.Replica.Journal.Read(0, written);
            foreach (Node to in nodes.Where(to => to != from))
            {
                to.Replica.Apply(written, Now);
            }
        }
    }

    private sealed record Node(Replica Replica, SummedCounters Counters);
}
