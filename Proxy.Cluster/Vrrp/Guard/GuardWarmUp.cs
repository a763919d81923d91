using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Runs every path of the loop once before the first router starts: what is compiled at its first use takes
/// milliseconds, which is an advert too late. Touches the network nowhere: packets go to an interface that cannot be.
/// </summary>
internal static class GuardWarmUp
{
    private const int NoLink = int.MaxValue;
    private const int Rounds = 40;

    public static void Run(KernelNetwork network, AdvertSender sender)
    {
        using (ProcessState? own = ProcessState.Open(Environment.ProcessId))
        {
            own?.IsStopped();
            own?.IsAsleep();
        }

        network.DrainEvents();
        network.FindLink("lo", out _);
        network.ReadAddresses();
        foreach (IpFamily family in Enum.GetValues<IpFamily>())
        {
            var rules = new VrrpRules
            {
                RouterId = 1,
                Family = family,
                Interval = 100_000,
                Addresses = [NetAddress.Parse(family == IpFamily.V4 ? "192.0.2.1" : "2001:db8::1")],
            };
            for (int round = 0; round < Rounds; round++)
            {
                Exercise(rules);
            }

            network.AddAddress(NoLink, rules.Addresses[0], 32);
            network.RemoveAddress(NoLink, rules.Addresses[0], 32);
            sender.Announce(rules.Addresses[0], 0, NoLink);
            StandIn(rules, sender);
        }
    }

    private static void StandIn(VrrpRules rules, AdvertSender sender)
    {
        var beat = new AdvertBeat(rules);
        for (int round = 1; round <= Rounds; round++)
        {
            beat.Promise(round, 1, rules.Addresses[0], NoLink);
            beat.Cover(beat.NextLook, sender);
            beat.Withdraw();
        }
    }

    private static void Exercise(VrrpRules rules)
    {
        var core = new GuardCore(new Nowhere());
        var router = new GuardedRouter(
            new VirtualRouterSettings { Id = 1, Name = "warm-up", Interface = "none", Rules = rules }, []);
        core.Replace([router], 0);
        core.Feed(router, VrrpInput.Start, 0);
        core.Tick(core.NextTimer);
        core.Tick(core.NextTimer);
        byte[] buffer = new byte[64];
        NetAddress source = rules.Family == IpFamily.V4 ? NetAddress.Ipv4(9) : NetAddress.Parse("fe80::9");
        var envelope = new VrrpEnvelope(source, VrrpRules.Group(rules.Family), 255);
        foreach (byte priority in (ReadOnlySpan<byte>)[50, 200, 0])
        {
            int length = VrrpPacketWriter.Write(rules, priority, source, envelope.Destination, buffer);
            VrrpPacketReader.Read(buffer.AsSpan(0, length), envelope, rules, out VrrpAdvert advert);
            core.Feed(router, VrrpInput.Advert(advert), 1_000_000);
        }

        core.FeedAll(VrrpInput.Fault(VrrpTrack.Node, true), 1_100_000);
        core.FeedAll(VrrpInput.Fault(VrrpTrack.Node, false), 1_200_000);
        core.FeedGroup(router, VrrpInput.Weight(VrrpTrack.Check, 1), 1_300_000);
        core.Feed(router, VrrpInput.PeerDied(source), 1_300_000);
        core.Feed(router, VrrpInput.Shutdown, 1_400_000);
    }

    private sealed class Nowhere : IGuardPort
    {
        public void SendAdvert(GuardedRouter router, byte priority)
        {
            // Nowhere to send to.
        }

        public void AddAddresses(GuardedRouter router)
        {
            // No interface.
        }

        public void RemoveAddresses(GuardedRouter router)
        {
            // No interface.
        }

        public void Announce(GuardedRouter router)
        {
            // Nobody to tell.
        }

        public void Report(GuardedRouter router, VrrpInputKind cause)
        {
            // No node yet.
        }
    }
}
