using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>The real port: packets, addresses, and reports to the node.</summary>
internal sealed class GuardWires(KernelNetwork network, AdvertSender sender, ControlChannel control) : IGuardPort
{
    private readonly byte[] _record = new byte[64];

    public void SendAdvert(GuardedRouter router, byte priority)
    {
        VrrpMachine machine = router.Machine;
        int link = router.VirtualMac?.Index ?? router.Link?.Index ?? 0;
        if (sender.Send(machine.Rules, priority, machine.Primary, link))
        {
            router.Sent++;
        }
    }

    public void AddAddresses(GuardedRouter router)
    {
        VrrpRules rules = router.Machine.Rules;
        for (int i = 0; i < rules.Addresses.Length; i++)
        {
            network.AddAddress(router.AddressLink, rules.Addresses[i], router.Settings.PrefixOf(i));
        }
    }

    public void RemoveAddresses(GuardedRouter router)
    {
        VrrpRules rules = router.Machine.Rules;
        for (int i = 0; i < rules.Addresses.Length; i++)
        {
            network.RemoveAddress(router.AddressLink, rules.Addresses[i], router.Settings.PrefixOf(i));
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
