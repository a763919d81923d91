using Proxy.Cluster.Vrrp.Machine;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>What the routers do to the world. All calls return at once, none throws for what the network or the kernel
/// refuses, and none may allocate: they are made in the loop. Tests put a recording in its place.</summary>
internal interface IGuardPort
{
    void SendAdvert(GuardedRouter router, byte priority);

    void AddAddresses(GuardedRouter router);

    void RemoveAddresses(GuardedRouter router);

    /// <summary>Gratuitous ARP or unsolicited neighbour advertisements.</summary>
    void Announce(GuardedRouter router);

    void Report(GuardedRouter router, VrrpInputKind cause);
}
