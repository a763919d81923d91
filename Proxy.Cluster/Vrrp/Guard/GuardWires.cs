using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>The real port: packets, addresses, and reports to the node.</summary>
internal sealed class GuardWires(
    KernelNetwork network, AdvertSender sender, AdvertStandIn? standIn, ControlChannel control) : IGuardPort
{
    // Always there, always with this number.
    private const int Loopback = 1;

    private readonly byte[] _record = new byte[64];

    public void SendAdvert(GuardedRouter router, byte priority)
    {
        VrrpMachine machine = router.Machine;
        int link = router.AddressLink;
        bool goesOn = machine.State == VrrpState.Master && priority == machine.Priority;
        if (!goesOn)
        {
            router.Beat.Withdraw();
        }

        if (sender.Send(machine.Rules, priority, machine.Primary, link))
        {
            router.Sent++;
        }

        if (goesOn && router.Beat.Promise(machine.AdvertAt, priority, machine.Primary, link))
        {
            standIn?.Wake();
        }
    }

    /// <summary>These are the routers from now on.</summary>
    public void Attend(ReadOnlySpan<GuardedRouter> routers) => standIn?.Watch(routers);

    public void AddAddresses(GuardedRouter router)
    {
        VrrpRules rules = router.Machine.Rules;
        for (int i = 0; i < rules.Addresses.Length; i++)
        {
            network.AddAddress(router.AddressLink, rules.Addresses[i], router.Settings.PrefixOf(i));
        }

        EndLinger(router);
    }

    public void RemoveAddresses(GuardedRouter router)
    {
        VrrpRules rules = router.Machine.Rules;
        if (router.LingerSeconds > 0 && router.Machine.State == VrrpState.Backup)
        {
            // There before it goes here: connections see no moment without it.
            foreach (NetAddress address in rules.Addresses)
            {
                network.AddAddress(Loopback, address, (byte)(8 * address.Length), router.LingerSeconds);
            }

            router.IsLingering = true;
        }

        router.LingerSeconds = 0;
        for (int i = 0; i < rules.Addresses.Length; i++)
        {
            network.RemoveAddress(router.AddressLink, rules.Addresses[i], router.Settings.PrefixOf(i));
        }
    }

    /// <summary>What the router does when it steps back next; 0 also ends what lingers already.</summary>
    public void SetLinger(GuardedRouter router, int seconds)
    {
        router.LingerSeconds = seconds;
        if (seconds > 0)
        {
            AddressSecrecy.Enter(router.Settings.Interface, router.Machine.Rules.Family);
        }
        else
        {
            EndLinger(router);
        }
    }

    public void EndLinger(GuardedRouter router)
    {
        if (!router.IsLingering)
        {
            return;
        }

        router.IsLingering = false;
        foreach (NetAddress address in router.Machine.Rules.Addresses)
        {
            network.RemoveAddress(Loopback, address, (byte)(8 * address.Length));
        }
    }

    public void Announce(GuardedRouter router)
    {
        foreach (NetAddress address in router.Machine.Rules.Addresses)
        {
            sender.Announce(address, router.Mac, router.AddressLink);
        }
    }

    public void Report(GuardedRouter router, VrrpInputKind cause)
    {
        VrrpMachine machine = router.Machine;
        int length = GuardProtocol.Write(_record, new RouterReport(
            router.Settings.Id, machine.State, machine.Priority, machine.Faults, cause, machine.Master));
        control.Send(_record.AsSpan(0, length));
    }
}
