using Proxy.Cluster.Shares;
using Proxy.Edge.Limits;

namespace Proxy.Tests.Cluster.Shares;

public sealed class RateShareTests
{
    private const long Second = SimShares.Second;
    private const ulong Key = 0x1234_5678_9ABC_DEF0;

    /// <summary>100 requests a second over three nodes, whatever the split.</summary>
    [Theory]
    [InlineData(300, 0, 0)]
    [InlineData(0, 300, 0)]
    [InlineData(100, 100, 100)]
    [InlineData(200, 90, 10)]
    [InlineData(60, 50, 40)]
    [InlineData(1000, 1000, 1000)]
    [InlineData(3000, 30, 3)]
    [InlineData(150, 0, 2)]
    public void The_cluster_admits_the_rate_and_one_at_most_beside(double first, double second, double third)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var sim = new SimShares(seed, 3, new RateRule(100, TimeSpan.FromSeconds(1), 10));
            var rates = new[] { first, second, third };
            for (var i = 0; i < 3; i++)
            {
                // Which of them owns the key must not matter either.
                sim.Load((i + seed) % 3, Key, rates[i], Second, 6 * Second);
            }

            sim.Run(6 * Second);

            for (var from = 2; from < 6; from++)
            {
                var count = sim.Admitted.Count(a => a.At >= from * Second && a.At < (from + 1) * Second);
                // What was set aside for a node that then had no use for it comes back a moment later.
                Assert.True(count is >= 96 and <= 102, $"seed {seed}: {count} in second {from}");
            }

            var steady = sim.Admitted.Count(a => a.At >= 2 * Second && a.At < 6 * Second);
            Assert.True(Math.Abs(steady - 400) <= 4, $"seed {seed}: {steady} in four seconds");
            Assert.True(sim.LongestWait <= RateShareMachine.Patience, $"seed {seed}: waited {sim.LongestWait}");
        }
    }

    [Fact]
    public void Below_the_limit_nobody_is_refused()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var sim = new SimShares(seed, 3, new RateRule(1000, TimeSpan.FromSeconds(1), 100));
            sim.Load(0, Key, 500, Second, 4 * Second);
            sim.Load(1, Key, 300, Second, 4 * Second);
            sim.Load(2, Key, 50, Second, 4 * Second);

            sim.Run(5 * Second);

            Assert.True(sim.Refused == 0, $"seed {seed}: {sim.Refused} refused");
        }
    }

    [Fact]
    public void A_burst_spread_over_the_nodes_is_admitted_once()
    {
        for (var seed = 1; seed <= 50; seed++)
        {
            var sim = new SimShares(seed, 3, new RateRule(1, TimeSpan.FromHours(1), 100));
            for (var i = 0; i < 150; i++)
            {
                var node = i % 3;
                sim.At(Second + (i * 1000), () => sim.Nodes[node].Request(Key));
            }

            sim.Run(2 * Second);

            Assert.Equal(100, sim.Admitted.Count);
            Assert.Equal(50, sim.Refused);
        }
    }

    [Fact]
    public void Every_node_gets_its_turns_when_all_of_them_want_more()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var sim = new SimShares(seed, 3, new RateRule(100, TimeSpan.FromSeconds(1), 10));
            for (var i = 0; i < 3; i++)
            {
                sim.Load(i, Key, 2000, Second, 6 * Second);
            }

            sim.Run(6 * Second);

            for (var i = 0; i < 3; i++)
            {
                var share = sim.Admitted.Count(a => a.Node == i);
                Assert.True(share >= 100, $"seed {seed}: node {i} admitted {share} of {sim.Admitted.Count}");
            }
        }
    }

    [Fact]
    public void At_high_rates_leases_save_most_questions()
    {
        var sim = new SimShares(1, 3, new RateRule(30_000, TimeSpan.FromSeconds(1), 3000));
        for (var i = 0; i < 3; i++)
        {
            sim.Load(i, Key, 5000, Second, 3 * Second);
        }

        sim.Run(3 * Second);

        Assert.Equal(0, sim.Refused);
        Assert.InRange(sim.Nodes.Sum(node => node.Machine.Asks), 1, 30_000 / 20);
    }

    [Fact]
    public void With_patience_requests_are_held_back_in_the_whole_cluster()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var sim = new SimShares(seed, 3, new RateRule(100, TimeSpan.FromSeconds(1), 1), TimeSpan.FromSeconds(2));
            for (var i = 0; i < 3; i++)
            {
                sim.Load(i, Key, 40, Second, 3 * Second);
            }

            sim.Run(9 * Second);

            Assert.True(sim.Refused == 0, $"seed {seed}: {sim.Refused} refused");
            var count = sim.Admitted.Count(a => a.At >= Second && a.At < 3 * Second);
            Assert.True(count <= 203, $"seed {seed}: {count}");
        }
    }

    /// <summary>The owner of the key falls silent but still counts as a node: everybody goes on with a third.</summary>
    [Fact]
    public void Without_the_owner_nodes_admit_their_fraction_and_no_request_waits_long()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var sim = new SimShares(seed, 3, new RateRule(90, TimeSpan.FromSeconds(1), 9));
            var owner = sim.Nodes[0].Shares.Owners.OwnerOf(Key);
            sim.Passes = (from, to) => from != owner && to != owner;
            for (var i = 0; i < 3; i++)
            {
                sim.Load(i, Key, i == owner ? 0 : 200, Second, 6 * Second);
            }

            sim.Run(6 * Second);

            var steady = sim.Admitted.Count(a => a.At >= 2 * Second && a.At < 6 * Second);
            Assert.True(steady is >= 230 and <= 244, $"seed {seed}: {steady} in four seconds");
            Assert.True(sim.LongestWait <= RateShareMachine.Patience + (6 * SimShares.Millisecond), $"seed {seed}");
            // Only the first ones waited for the owner at all; later ones did not even ask.
            Assert.InRange(sim.Nodes.Sum(node => node.Machine.Unanswered), 1, 4);
        }
    }

    [Fact]
    public void A_healed_partition_and_a_changed_set_of_nodes_lead_back_to_one_limit()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            var sim = new SimShares(seed, 3, new RateRule(100, TimeSpan.FromSeconds(1), 10));
            var random = new Random(seed);
            var lone = random.Next(3);
            sim.Delay = random.NextInt64(100_000, 3 * SimShares.Millisecond);
            sim.Loss = seed % 3 == 0 ? 0.05 : 0;
            for (var i = 0; i < 3; i++)
            {
                sim.Load(i, Key, 30 + random.Next(500), Second, 12 * Second);
            }

            sim.At(3 * Second, () => sim.Passes = (from, to) => (from == lone) == (to == lone));
            // Half of the time the membership notices.
            if (seed % 2 == 0)
            {
                sim.At(4 * Second, () =>
                {
                    foreach (var node in sim.Nodes)
                    {
                        var alone = Array.IndexOf(sim.Nodes, node) == lone;
                        sim.SetNodes(node, sim.Nodes.Where((_, i) => (i == lone) == alone));
                    }
                });
                sim.At(6 * Second, () => Array.ForEach(sim.Nodes, node => sim.SetNodes(node, sim.Nodes)));
            }

            sim.At(6 * Second, () => sim.Passes = static (_, _) => true);
            sim.Run(12 * Second);

            // A lost answer makes a node go on with its fraction for a moment, beside the owner's whole.
            // Two parts admit at most twice the limit, and a new owner begins with a whole burst; a second after
            // healing it is one again.
            for (var second = 1; second < 12; second++)
            {
                var count = sim.Admitted.Count(a => a.At >= second * Second && a.At < (second + 1) * Second);
                var most = second is >= 3 and < 7 ? 250
                    : sim.Loss > 0 ? 180
                    : second == 1 ? 113
                    : 103;
                Assert.True(count <= most, $"seed {seed}: {count} in second {second}");
                Assert.True(count >= 30, $"seed {seed}: only {count} in second {second}");
            }
        }
    }

    [Fact]
    public void Whatever_arrives_is_a_message_or_nothing()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(45)];
            random.NextBytes(bytes);
            if (bytes.Length > 0)
            {
                bytes[0] = (byte)random.Next(9);
            }

            if (ShareMessage.Decode(bytes) is { } message)
            {
                Assert.Equal(bytes, message.Encode());
            }
        }

        Assert.Equal(
            "01080706050403020118171615141312112423222103000000020000000100000000",
            Convert.ToHexString(new ShareMessage.RateAsk(
                0x0102030405060708, 0x1112131415161718, 0x21222324, 3, 2, 1).Encode()) + "00");
    }
}
