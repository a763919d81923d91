using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Tests.Cluster.Vrrp.Machine;

public sealed class VrrpSimulationTests
{
    private const int Seeds = 150;

    [Fact]
    public void Every_part_of_a_broken_link_has_one_master_and_the_healed_whole_too() => ForSeeds((link, random) =>
    {
        long interval = link.Routers[0].Machine.Rules.Interval;
        link.RunFor(6 * interval);
        for (int round = 0; round < 4; round++)
        {
            // The first router stays with the client: who is cut off from all of them can be told by nobody.
            foreach (SimulatedLink.Router router in link.Routers.Skip(1))
            {
                router.Side = random.Next(2);
            }

            link.RunFor(random.NextInt64(10 * interval));
        }

        link.RunFor(10 * interval);
        for (int side = 0; side < 2; side++)
        {
            int routers = link.Routers.Count(router => router.Side == side);
            Assert.Equal(Math.Min(routers, 1), link.MastersOf(side).Count());
        }

        Heal(link);
        int before = link.Takeovers;
        link.RunFor(8 * interval);
        AssertSettled(link);
        Assert.Equal(before, link.Takeovers);
    });

    [Fact]
    public void A_resumed_pause_costs_one_change_at_most_and_never_flaps() => ForSeeds((link, random) =>
    {
        long interval = link.Routers[0].Machine.Rules.Interval;
        link.RunFor(6 * interval);
        SimulatedLink.Router paused = link.Routers[random.Next(link.Routers.Count)];
        paused.IsPaused = true;
        link.RunFor(random.NextInt64(20 * interval));
        int before = link.Takeovers;

        link.Resume(paused);
        link.RunFor(8 * interval);

        AssertSettled(link);
        Assert.InRange(link.Takeovers - before, 0, 1);
    });

    [Fact]
    public void After_any_disorder_there_is_one_master_and_the_client_knows_it() => ForSeeds((link, random) =>
    {
        long interval = link.Routers[0].Machine.Rules.Interval;
        link.Loss = 0.2;
        for (int step = 0; step < 40; step++)
        {
            Disturb(link, random);
            link.RunFor(random.NextInt64(3 * interval));
        }

        link.Loss = 0;
        Heal(link);
        foreach (SimulatedLink.Router router in link.Routers)
        {
            link.Resume(router);
            foreach (VrrpTrack track in Enum.GetValues<VrrpTrack>())
            {
                link.Feed(router, VrrpInput.Fault(track, false));
                link.Feed(router, VrrpInput.Weight(track, 0));
            }
        }

        // Resigned ones stay away for five seconds, and what a lost announcement spoilt the refresh repairs.
        link.RunFor(16_000_000 + (10 * interval));
        AssertSettled(link);
        int before = link.Takeovers;
        link.RunFor(20 * interval);
        Assert.Equal(before, link.Takeovers);
    });

    [Fact]
    public void Lost_packets_alone_cause_no_takeover() => ForSeeds((link, _) =>
    {
        long interval = link.Routers[0].Machine.Rules.Interval;
        link.RunFor(6 * interval);
        int before = link.Takeovers;

        link.Loss = 0.01;
        link.RunFor(200 * interval);

        Assert.Equal(before, link.Takeovers);
    });

    [Fact]
    public void A_false_hint_changes_nothing_and_a_true_one_saves_the_wait() => ForSeeds((link, random) =>
    {
        long interval = link.Routers[0].Machine.Rules.Interval;
        link.RunFor(6 * interval);
        SimulatedLink.Router master = Assert.Single(link.MastersOf(0));
        int before = link.Takeovers;
        Hint();
        link.RunFor(20_000);
        Assert.Equal(before, link.Takeovers);

        master.IsPaused = true;
        Hint();
        link.RunFor(15_000);

        Assert.Contains(
            link.Routers, router => router != master && router.Machine.State == VrrpState.Master);

        void Hint()
        {
            foreach (SimulatedLink.Router router in link.Routers.OrderBy(_ => random.Next()))
            {
                link.Feed(router, VrrpInput.PeerDied(master.Machine.Primary));
            }
        }
    });

    private static void Disturb(SimulatedLink link, Random random)
    {
        SimulatedLink.Router router = link.Routers[random.Next(link.Routers.Count)];
        var track = (VrrpTrack)random.Next((int)VrrpTrack.Group);
        switch (random.Next(9))
        {
            case 0:
                router.Side = random.Next(2);
                break;
            case 1:
                link.ClientSide = random.Next(2);
                break;
            case 2:
                router.IsPaused = true;
                break;
            case 3:
                link.Resume(router);
                break;
            case 4:
                link.Feed(router, VrrpInput.Fault(track, random.Next(2) == 0));
                break;
            case 5:
                link.Feed(router, VrrpInput.Weight(track, random.Next(-253, 254)));
                break;
            case 6:
                link.Feed(router, VrrpInput.Resign);
                break;
            case 7:
                link.Feed(router, VrrpInput.PeerDied(router.Machine.Master));
                break;
            default:
                link.Feed(router, VrrpInput.PeerAppeared(router.Machine.Master));
                break;
        }
    }

    private static void Heal(SimulatedLink link)
    {
        foreach (SimulatedLink.Router router in link.Routers)
        {
            router.Side = 0;
        }

        link.ClientSide = 0;
    }

    private static void AssertSettled(SimulatedLink link)
    {
        SimulatedLink.Router master = Assert.Single(link.MastersOf(0));
        Assert.All(link.Routers, router => Assert.True(
            router == master || router.Machine.State == VrrpState.Backup, $"{router.Machine.State}"));
        Assert.Same(master, link.Neighbour);
        Assert.All(link.Routers, router => Assert.Equal(master.Machine.Primary, router.Machine.Master));
    }

    private static void ForSeeds(Action<SimulatedLink, Random> test)
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            SimulatedLink link = AnyLink(random);
            try
            {
                test(link, random);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"seed {seed}: {error.Message}\n{link}", error);
            }
        }
    }

    private static SimulatedLink AnyLink(Random random)
    {
        int count = random.Next(2, 6);
        bool preempt = random.Next(4) != 0;
        bool isVersion2 = random.Next(4) == 0;
        long interval = isVersion2 ? VrrpRules.Second : random.Next(2) == 0 ? 100_000 : 50_000;
        return new SimulatedLink(random, Enumerable.Range(1, count).Select(number => new VrrpMachine(
            new VrrpRules
            {
                RouterId = 1,
                Version = isVersion2 ? VrrpVersion.V2 : VrrpVersion.V3,
                Interval = interval,
                Addresses = [NetAddress.Parse("192.0.2.1")],
            },
            new VrrpPolicy { Priority = (byte)random.Next(1, 255), Preempt = preempt })
        {
            Primary = NetAddress.Ipv4(0x0a00_0000 + (uint)number),
        }));
    }
}
