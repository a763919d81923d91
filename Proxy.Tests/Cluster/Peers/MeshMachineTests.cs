using Proxy.Cluster.Peers;
using Proxy.Cluster.Peers.Codec;
using Proxy.Cluster.Peers.Mesh;
using Proxy.Cluster.Peers.Session;
using Proxy.Edge.Replication;

namespace Proxy.Tests.Cluster.Peers;

public sealed class MeshMachineTests
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    [Fact]
    public void Two_nodes_keep_one_connection_and_exchange_what_they_write()
    {
        SimPeers sim = Pair(out SimNode a, out SimNode b);
        Write(a, 1, 7);
        Write(b, 2, 8);
        sim.RunUntil(sim.Now + 50);

        Assert.Single(sim.Links);
        Assert.Equal(8UL, Read(a, 2));
        Assert.Equal(7UL, Read(b, 1));
    }

    [Fact]
    public void A_newcomer_gets_everything_from_one_and_is_compared_with_the_others()
    {
        SimPeers sim = Pair(out SimNode a, out SimNode b);
        for (ulong i = 0; i < 500; i++)
        {
            Write(i % 2 == 0 ? a : b, i, i + 1);
        }

        sim.RunUntil(sim.Now + 2_000);
        SimNode c = sim.Start("node-c");
        sim.RunUntil(sim.Now + 1_000);

        Assert.Equal(500, c.Entries.Table.Count);
        Assert.Equal(1, Snapshots(a, "node-c") + Snapshots(b, "node-c"));
    }

    /// <summary>In a young cluster the node that sends the snapshot may not have met all others itself.</summary>
    [Fact]
    public void A_newcomer_gets_what_a_node_wrote_that_its_snapshot_did_not_know()
    {
        var sim = new SimPeers(1);
        SimNode a = sim.Start("node-a");
        sim.Cut("node-a", "node-b", true);
        sim.Cut("node-b", "node-c", true);
        SimNode b = sim.Start("node-b");
        SimNode c = sim.Start("node-c");
        Write(b, 1, 7);
        sim.RunUntil(1_000);
        Assert.Equal(["node-a"], c.PeersUp);
        sim.Cut("node-b", "node-c", false);
        while (!c.PeersUp.Contains("node-b"))
        {
            sim.RunUntil(sim.Now + 1);
            Assert.InRange(sim.Now, 0, 20_000);
        }

        sim.RunUntil(sim.Now + 30);

        Assert.Equal(7UL, Read(c, 1));
        Assert.Equal(0, b.Machine.Live.Single().SenderOf(1)!.Snapshots + b.Machine.Live.Single().SenderOf(1)!.Repairs);
    }

    [Fact]
    public void A_connection_that_comes_back_goes_on_where_it_was()
    {
        SimPeers sim = Pair(out SimNode a, out SimNode b);
        Write(a, 1, 1);
        sim.RunUntil(sim.Now + 200);
        sim.Links[0].Break(silent: false);
        Write(a, 2, 2);
        sim.RunUntil(sim.Now + 1_000);

        Assert.Equal(2UL, Read(b, 2));
        Assert.Equal(0, Snapshots(a, "node-b"));
    }

    [Fact]
    public void Who_missed_too_much_gets_a_snapshot_again()
    {
        SimPeers sim = Pair(out SimNode a, out SimNode b);
        Write(a, 1, 1);
        sim.RunUntil(sim.Now + 200);
        sim.Links[0].Break(silent: false);
        for (ulong i = 0; i < (ulong)sim.JournalCapacity + 1; i++)
        {
            Write(a, i, 9);
        }

        sim.RunUntil(sim.Now + 1_000);

        Assert.Equal(1, Snapshots(a, "node-b"));
        Assert.Equal(sim.JournalCapacity + 1, b.Entries.Table.Count);
    }

    [Fact]
    public void A_peer_that_reads_slowly_costs_little_memory_and_gets_everything_in_the_end()
    {
        var sim = new SimPeers(3) { JournalCapacity = 1 << 12 };
        SimNode a = sim.Start("node-a");
        SimNode b = sim.Start("node-b");
        sim.RunUntil(3_000);
        sim.Bandwidth = 100;
        long most = 0;
        for (ulong i = 0; i < 200_000; i++)
        {
            Write(a, i % 60_000, i + 1);
            if (i % 1_000 == 0)
            {
                sim.RunUntil(sim.Now + 2);
                most = Math.Max(most, a.Machine.Live.Max(static session => session.Outbox.Bytes));
            }
        }

        sim.Bandwidth = 100_000;
        sim.RunUntil(sim.Now + 5_000);

        Assert.InRange(most, Outbox.HighWater / 2, Outbox.HighWater * 2);
        Assert.Equal(60_000, b.Entries.Table.Count);
        Assert.True(a.Machine.Live[0].Senders[0].IsCaughtUp);
    }

    [Fact]
    public void What_was_lost_without_a_trace_is_found_by_comparing()
    {
        SimPeers sim = Pair(out SimNode a, out SimNode b);
        Write(a, 1, 1);
        sim.RunUntil(sim.Now + 5_000);
        // As if a third node had told only one of them before it died.
        b.Entries.Table.Put(new ReplicatedEntry
        {
            Key = Key(2), Stamp = Stamp.At(b.Wall - 3_000), Value = 5, Origin = new NodeTag(9),
            Expiry = ReplicatedEntry.ExpiryAfter(b.Wall, Life),
        });

        sim.RunUntil(sim.Now + 11_000);

        Assert.Equal(5UL, Read(a, 2));
        Assert.Equal(1, b.Machine.Live[0].Senders[0].Repairs);
    }

    [Fact]
    public void Loss_is_told_at_once_when_reset_and_after_three_seconds_when_silent()
    {
        SimPeers sim = Pair(out SimNode a, out SimNode b);
        sim.Crash(b, silent: false);
        sim.RunUntil(sim.Now + 10);
        Assert.Equal(PeerLoss.Broken, Downs(a).Single().Kind);

        SimNode c = sim.Start("node-c");
        sim.RunUntil(sim.Now + 1_000);
        sim.Crash(c, silent: true);
        sim.RunUntil(sim.Now + 2_000);
        Assert.Single(Downs(a));
        sim.RunUntil(sim.Now + 2_000);
        Assert.Equal(PeerLoss.Silent, Downs(a).Last().Kind);
    }

    [Fact]
    public void A_node_that_was_stopped_itself_does_not_take_the_others_for_dead()
    {
        SimPeers sim = Pair(out SimNode a, out _);
        PeerInstant late = sim.InstantOf(a) with { Monotonic = sim.Now + 60_000 };

        a.Machine.Tick(late);
        a.Machine.Tick(late with { Monotonic = late.Monotonic + 100 });

        Assert.Equal(["node-b"], a.PeersUp);
    }

    [Fact]
    public void A_node_that_restarts_replaces_its_old_self()
    {
        SimPeers sim = Pair(out SimNode a, out SimNode b);
        sim.Crash(b, silent: true);
        sim.Start("node-b");
        sim.RunUntil(sim.Now + 1_500);

        Assert.Equal(["node-b"], a.PeersUp);
        Assert.Single(Downs(a));
        Assert.Equal(2, a.Seen.OfType<MeshEffect.PeerUp>().Count());
    }

    [Theory]
    [InlineData(1, 2, 2, 3, 2)]
    [InlineData(1, 1, 1, 4, 1)]
    [InlineData(3, 3, 1, 3, 3)]
    public void Nodes_of_different_versions_take_the_newest_both_speak(
        ushort oldA, ushort newA, ushort oldB, ushort newB, ushort expected)
    {
        var sim = new SimPeers(1);
        SimNode a = sim.Start("node-a", options: new MeshOptions { OldestVersion = oldA, NewestVersion = newA });
        SimNode b = sim.Start("node-b", options: new MeshOptions { OldestVersion = oldB, NewestVersion = newB });
        sim.RunUntil(1_000);

        Assert.Equal(expected, a.Machine.Live.Single().Version);
        Assert.Equal(expected, b.Machine.Live.Single().Version);
    }

    [Fact]
    public void Versions_without_overlap_are_refused_with_a_reason()
    {
        var sim = new SimPeers(1);
        SimNode a = sim.Start("node-a", options: new MeshOptions { OldestVersion = 1, NewestVersion = 1 });
        sim.Start("node-b", options: new MeshOptions { OldestVersion = 2, NewestVersion = 3 });
        sim.RunUntil(2_000);

        Assert.Empty(a.PeersUp);
        Assert.Contains(Troubles(a), text => text.Contains("speaks peer protocol 2 to 3", StringComparison.Ordinal));
    }

    [Fact]
    public void Another_cluster_and_a_taken_name_are_refused_with_a_reason()
    {
        var sim = new SimPeers(1);
        SimNode a = sim.Start("node-a");
        sim.Start("node-b", cluster: "other");
        sim.Start("node-a", address: "elsewhere");
        sim.RunUntil(2_000);

        Assert.Empty(a.PeersUp);
        Assert.Contains(Troubles(a), text => text.Contains("it is of cluster other", StringComparison.Ordinal));
        Assert.Contains(Troubles(a), text => text.Contains("two nodes are called node-a", StringComparison.Ordinal));
    }

    [Fact]
    public void A_node_does_not_talk_to_itself()
    {
        var sim = new SimPeers(1);
        SimNode a = sim.Start("node-a");
        sim.RunUntil(3_000);

        Assert.Empty(a.PeersUp);
        Assert.Empty(Troubles(a));
        Assert.Single(a.Seen.OfType<MeshEffect.Dial>());
    }

    [Fact]
    public void A_certificate_for_another_name_is_refused()
    {
        var sim = new SimPeers(1);
        SimNode a = sim.Start("node-a");
        a.CertificateNamesOfCaller = ["node-c"];
        SimNode b = sim.Start("node-b");
        b.CertificateNamesOfCaller = ["node-x"];
        sim.RunUntil(2_000);

        Assert.Empty(a.PeersUp);
        Assert.Contains(Troubles(b), text => text.Contains("certificate is for node-x", StringComparison.Ordinal));
        Assert.Empty(a.Seen.Concat(b.Seen).OfType<MeshEffect.PeerUp>());
    }

    [Fact]
    public void A_clock_that_is_minutes_off_is_reported_and_harms_nobody()
    {
        var sim = new SimPeers(1);
        SimNode a = sim.Start("node-a");
        SimNode b = sim.Start("node-b", skew: 120_000);
        sim.RunUntil(2_000);
        Write(b, 1, 7);
        Write(a, 2, 8);
        sim.RunUntil(4_000);

        Assert.Contains(Troubles(a), text => text.Contains("the clock of node-b differs by 120", StringComparison.Ordinal));
        Assert.Equal(0UL, Read(a, 1));
        Assert.Equal(8UL, Read(b, 2));
        Assert.True(a.Entries.Write(Key(1), 3, Life, a.Wall));
        Assert.Equal(3UL, Read(a, 1));
    }

    [Fact]
    public void Messages_arrive_in_order_and_requests_end_once()
    {
        SimPeers sim = Pair(out SimNode a, out SimNode b);
        Assert.True(a.Machine.Tell("node-b", "x", [1]));
        Assert.Equal(1, a.Machine.Broadcast("x", [2]));
        a.Machine.Request(11, "node-b", "x", [3], TimeSpan.FromSeconds(1), sim.InstantOf(a));
        a.Machine.Request(12, "node-b", "x", [4], TimeSpan.FromSeconds(1), sim.InstantOf(a));
        a.Machine.Request(13, "nobody", "x", [5], TimeSpan.FromSeconds(1), sim.InstantOf(a));
        Assert.False(a.Machine.Tell("nobody", "x", [6]));
        a.Flush();
        sim.RunUntil(sim.Now + 50);
        MeshEffect.Message[] got = [.. b.Seen.OfType<MeshEffect.Message>()];
        b.Machine.Reply(got[2].Connection, got[2].Correlation, "x", [33]);
        b.Flush();
        sim.RunUntil(sim.Now + 1_500);

        Assert.Equal([1, 2, 3, 4], got.Select(static message => (int)message.Content[0]));
        Dictionary<long, MeshEffect.RequestDone> done =
            a.Seen.OfType<MeshEffect.RequestDone>().ToDictionary(static d => d.Request);
        Assert.Equal([33], done[11].Content);
        Assert.Equal("no answer in time", done[12].Why);
        Assert.Contains("cannot be reached", done[13].Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_fails_at_once_when_the_connection_is_lost()
    {
        SimPeers sim = Pair(out SimNode a, out SimNode b);
        a.Machine.Request(1, "node-b", "x", [], TimeSpan.FromMinutes(1), sim.InstantOf(a));
        a.Flush();
        sim.RunUntil(sim.Now + 20);
        sim.Crash(b, silent: false);
        sim.RunUntil(sim.Now + 20);

        Assert.Contains("was lost", a.Seen.OfType<MeshEffect.RequestDone>().Single().Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_that_was_removed_stays_connected_but_is_not_called_again()
    {
        SimPeers sim = Pair(out SimNode a, out SimNode b);
        a.Machine.SetTargets([], sim.InstantOf(a));
        b.Machine.SetTargets([], sim.InstantOf(b));
        sim.RunUntil(sim.Now + 1_000);
        Assert.Equal(["node-b"], a.PeersUp);

        sim.Links[0].Break(silent: false);
        sim.RunUntil(sim.Now + 10_000);
        Assert.Empty(a.PeersUp);
    }

    [Fact]
    public void Another_node_behind_the_address_is_refused()
    {
        SimPeers sim = Pair(out SimNode a, out SimNode b);
        sim.Crash(b, silent: false);
        sim.Start("node-x", address: "node-b");
        a.Machine.SetTargets([new PeerTarget("node-b", "node-b")], sim.InstantOf(a));
        b = sim.Nodes["node-b"];
        b.Machine.SetTargets([], sim.InstantOf(b));
        sim.RunUntil(sim.Now + 2_000);

        Assert.Contains(Troubles(a), text => text.Contains("node-x answers where node-b", StringComparison.Ordinal));
    }

    [Fact]
    public void Rubbish_ends_the_connection_and_nothing_else()
    {
        SimPeers sim = Pair(out SimNode a, out _);
        PeerSession stranger = a.Machine.Accept("somewhere", null, sim.InstantOf(a))!;
        "GET / HTTP/1.1\r\n\r\n"u8.CopyTo(stranger.Reader.Free.Span);
        a.Machine.Received(stranger.Connection, 18, sim.InstantOf(a));
        a.Flush();

        Assert.Equal(SessionState.Closing, stranger.State);
        Assert.Equal(["node-b"], a.PeersUp);
    }

    /// <summary>Else a reader that is full of it would have no room, and a read into no room looks like the
    /// end.</summary>
    [Fact]
    public void What_comes_after_the_goodbye_is_not_kept()
    {
        SimPeers sim = Pair(out SimNode a, out _);
        PeerSession stranger = a.Machine.Accept("somewhere", null, sim.InstantOf(a))!;
        for (int i = 0; i < 8; i++)
        {
            stranger.Reader.Free.Span.Fill(0xff);
            int count = stranger.Reader.Free.Length;
            Assert.True(count > 0);
            a.Machine.Received(stranger.Connection, count, sim.InstantOf(a));
        }

        Assert.Equal(SessionState.Closing, stranger.State);
    }

    [Fact]
    public void Strangers_are_limited_and_thrown_out_when_they_say_nothing()
    {
        var sim = new SimPeers(1);
        SimNode a = sim.Start("node-a", options: new MeshOptions { MaxStrangers = 2 });
        PeerSession?[] strangers = [.. Enumerable.Range(0, 3).Select(i => a.Machine.Accept($"{i}", null, sim.InstantOf(a)))];
        sim.RunUntil(6_000);

        Assert.Null(strangers[2]);
        Assert.Equal(SessionState.Closing, strangers[0]!.State);
    }

    /// <summary>A peer that was let in and then sends anything at all: never an exception, never another session lost.
    /// </summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Frames_of_a_broken_peer_do_no_harm(int seed)
    {
        var random = new Random(seed);
        SimPeers sim = Pair(out SimNode a, out _);
        for (int round = 0; round < 40; round++)
        {
            PeerSession session = a.Machine.Accept("broken", null, sim.InstantOf(a))!;
            Feed(sim, a, session, new Hello("test", "broken", sim.Now + round, 1, 1, a.Wall).Encode());
            for (int i = 0; i < 20 && session.State == SessionState.Live; i++)
            {
                byte[] payload = new byte[random.Next(2) == 0 ? random.Next(60) : 16 + (40 * random.Next(4))];
                random.NextBytes(payload);
                payload.AsSpan(0, Math.Min(payload.Length, random.Next(12))).Clear();
                var writer = new WireWriter((FrameType)random.Next(20), payload.Length);
                writer.Bytes(payload);
                Feed(sim, a, session, writer.End());
            }

            sim.RunUntil(sim.Now + 10);
            a.Machine.Closed(session.Connection, "end", sim.InstantOf(a));
            a.Flush();
        }

        Assert.Contains("node-b", a.PeersUp);
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 10)];

    private static void Feed(SimPeers sim, SimNode node, PeerSession session, FrameBuffer frame)
    {
        frame.Written.CopyTo(session.Reader.Free.Span);
        node.Machine.Received(session.Connection, frame.Length, sim.InstantOf(node));
        node.Flush();
    }

    private static SimPeers Pair(out SimNode a, out SimNode b)
    {
        var sim = new SimPeers(1);
        a = sim.Start("node-a");
        b = sim.Start("node-b");
        sim.RunUntil(3_000);
        return sim;
    }

    private static EntryKey Key(ulong number) => new(number * 0x9E3779B97F4A7C15UL, number);

    private static void Write(SimNode node, ulong key, ulong value)
    {
        Assert.True(node.Entries.Write(Key(key), value, Life, node.Wall));
        node.PumpSoon();
    }

    private static ulong Read(SimNode node, ulong key) =>
        node.Entries.TryRead(Key(key), node.Wall, out ReplicatedEntry entry) ? entry.Value : 0;

    private static long Snapshots(SimNode from, string to) =>
        from.Machine.Live.Single(session => session.Peer!.Node == to).SenderOf(1)!.Snapshots;

    private static IEnumerable<MeshEffect.PeerDown> Downs(SimNode node) => node.Seen.OfType<MeshEffect.PeerDown>();

    private static IEnumerable<string> Troubles(SimNode node) =>
        node.Seen.OfType<MeshEffect.Trouble>().Select(static trouble => trouble.Text);
}
