namespace Proxy.Tests.Cluster.Shares;

public sealed class SlotShareTests
{
    private const long Second = SimSlots.Second;
    private const long Millisecond = SimSlots.Millisecond;

    /// <summary>Whatever the split, never more than the limit, and the limit is used.</summary>
    [Theory]
    [InlineData(2000, 2000, 2000)]
    [InlineData(4000, 0.1, 0.1)]
    [InlineData(0.1, 3000, 100)]
    [InlineData(1500, 300, 10)]
    public void The_cluster_uses_all_slots_and_never_more(double first, double second, double third)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var sim = new SimSlots(seed, 3, 30);
            var rates = new[] { first, second, third };
            for (var i = 0; i < 3; i++)
            {
                sim.Load((i + seed) % 3, rates[i], 20 * Millisecond, Second, 4 * Second);
            }

            sim.Run(2 * Second);
            var before = sim.Nodes.Sum(node => node.Served);
            sim.Run(4 * Second);

            Assert.True(sim.Peak <= 30, $"seed {seed}: {sim.Peak} slots in use");
            var served = sim.Nodes.Sum(node => node.Served) - before;
            // Thirty slots for twenty milliseconds each are 3,000 requests in two seconds.
            Assert.True(served >= 2600, $"seed {seed}: {served} served");
        }
    }

    [Fact]
    public void A_node_that_needs_slots_gets_them_from_one_that_does_not()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var sim = new SimSlots(seed, 3, 30);
            sim.Load(0, 2000, 20 * Millisecond, Second, 3 * Second);
            sim.Load(1, 2000, 20 * Millisecond, 3 * Second, 5 * Second);
            sim.Run(3 * Second);
            var late = sim.Nodes[1].Served;
            sim.Run(3 * Second + (500 * Millisecond));

            Assert.Equal(0, late);
            // It shares with what still waits at the first: half of the slots for half a second are 375 requests.
            Assert.True(sim.Nodes[1].Served >= 300, $"seed {seed}: {sim.Nodes[1].Served}");
            Assert.True(sim.Peak <= 30, $"seed {seed}: {sim.Peak}");
        }
    }

    [Fact]
    public void With_fewer_slots_than_nodes_nobody_starves()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var sim = new SimSlots(seed, 3, 1);
            for (var i = 0; i < 3; i++)
            {
                sim.Load(i, 100, 5 * Millisecond, Second, 6 * Second);
            }

            sim.Run(6 * Second);

            Assert.True(sim.Peak <= 1, $"seed {seed}: {sim.Peak}");
            Assert.All(sim.Nodes, node => Assert.True(node.Served >= 50, $"seed {seed}: {node.Served}"));
        }
    }

    [Fact]
    public void Loss_and_slow_networks_cost_speed_but_never_the_limit()
    {
        // In run 910 a report overtakes an older one, which then must not count.
        for (var seed = 850; seed <= 950; seed++)
        {
            var random = new Random(seed);
            var sim = new SimSlots(seed, 3, 12)
            {
                Loss = random.NextDouble() * 0.2,
                Delay = random.NextInt64(100_000, 30 * Millisecond),
            };
            for (var i = 0; i < 3; i++)
            {
                sim.Load(i, 1 + random.Next(1000), 10 * Millisecond, Second, 4 * Second);
            }

            sim.Run(4 * Second);

            Assert.True(sim.Peak <= 12, $"seed {seed}: {sim.Peak}");
            Assert.True(sim.Nodes.All(node => node.Served > 0), $"seed {seed}");
        }
    }

    [Fact]
    public void Without_their_owner_nodes_go_on_with_their_fraction_and_come_back()
    {
        for (var seed = 1; seed <= 30; seed++)
        {
            var sim = new SimSlots(seed, 3, 30);
            var lone = seed % 3;
            for (var i = 0; i < 3; i++)
            {
                sim.Load(i, 3000, 10 * Millisecond, Second, 9 * Second);
            }

            sim.At(3 * Second, () => sim.Passes = (from, to) => (from == lone) == (to == lone));
            sim.At(6 * Second, () => sim.Passes = static (_, _) => true);

            sim.Run(5 * Second);
            Assert.True(sim.Peak <= 40, $"seed {seed}: {sim.Peak} while parted");
            Assert.All(sim.Nodes, node => Assert.True(node.State.SlotsInUse >= 9, $"seed {seed}"));

            sim.Run(8 * Second);
            sim.Peak = 0;
            sim.Run(9 * Second);
            Assert.True(sim.Peak is <= 30 and >= 28, $"seed {seed}: {sim.Peak} after healing");
        }
    }

    [Fact]
    public void The_slots_of_a_node_that_left_go_to_the_others()
    {
        for (var seed = 1; seed <= 30; seed++)
        {
            var sim = new SimSlots(seed, 3, 30);
            var dead = seed % 3;
            for (var i = 0; i < 3; i++)
            {
                sim.Load(i, i == dead ? 1000 : 3000, 10 * Millisecond, Second, i == dead ? 3 * Second : 8 * Second);
            }

            sim.At(3 * Second, () =>
            {
                sim.Passes = (from, to) => from != dead && to != dead;
                foreach (var node in sim.Nodes.Where((_, i) => i != dead))
                {
                    sim.SetNodes(node, sim.Nodes.Where((_, i) => i != dead));
                }
            });
            sim.Run(7 * Second);

            var used = sim.Nodes.Where((_, i) => i != dead).Sum(node => node.State.SlotsInUse);
            Assert.True(used >= 28, $"seed {seed}: {used}");
        }
    }

    [Fact]
    public void A_node_alone_has_the_whole_limit()
    {
        var sim = new SimSlots(1, 1, 5);
        sim.Load(0, 1000, 100 * Millisecond, Second, 3 * Second);
        sim.Run(3 * Second);

        Assert.Equal(5, sim.Peak);
    }
}
