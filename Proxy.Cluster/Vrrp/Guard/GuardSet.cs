using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Brings the routers and what the kernel has into agreement: when the node commits a configuration, and when
/// interfaces or addresses change. Commits allocate, looks do not.</summary>
internal sealed class GuardSet(GuardCore core, KernelNetwork network, Action<ushort, string> complain) : IDisposable
{
    private GuardedLink[] _links = [];

    public ReadOnlySpan<GuardedLink> Links => _links;

    /// <summary>Makes these the routers. Those that are already at work go on undisturbed, changed ones keep what they
    /// hold, new ones adopt what they find, and what nobody claims is removed.</summary>
    public void Commit(IReadOnlyList<GuardedRouter> routers, long now)
    {
        GuardedRouter[] before = core.Routers.ToArray();
        GuardedRouter[] gone = [.. before.Except(routers)];
        GuardedRouter[] fresh = [.. routers.Except(before)];
        var replaced = new List<GuardedRouter>();
        foreach (GuardedRouter old in gone)
        {
            GuardedRouter? successor = fresh.FirstOrDefault(router => Continues(old, router));
            if (successor is null || !old.Machine.HoldsAddresses)
            {
                core.Feed(old, VrrpInput.Shutdown, now);
                old.VirtualMac?.Remove(network);
            }
            else
            {
                successor.VirtualMac = old.VirtualMac;
                successor.IsLingering = old.IsLingering;
                replaced.Add(successor);
            }
        }

        Attach(routers);
        core.Replace(routers, now);
        network.ReadAddresses();
        RemoveUnclaimed();
        Look(now);
        foreach (GuardedRouter router in fresh)
        {
            bool isThere = replaced.Contains(router) || HasAny(router);
            core.Feed(router, isThere ? VrrpInput.Adopt : VrrpInput.Start, now);
        }
    }

    /// <summary>Looks at interfaces and addresses and tells the routers what concerns them.</summary>
    public void Look(long now)
    {
        foreach (GuardedLink link in _links)
        {
            link.Refresh(network);
        }

        network.ReadAddresses();
        foreach (GuardedRouter router in core.Routers)
        {
            GuardedLink link = router.Link!; // every router in the core was attached
            if (router.Settings.UseVirtualMac)
            {
                KeepVirtualMac(router, link);
            }

            int error = link.Listen(router.Machine.Rules.Family);
            if (error != 0)
            {
                complain(router.Settings.Id, $"{link.Name}: cannot receive adverts, error {error}");
            }

            router.Machine.Primary = PrimaryOf(router, link);
            bool isFaulty = !link.IsUp || router.Machine.Primary.IsNone || IsAnyDown(router.Settings.Tracked);
            bool was = (router.Machine.Faults & (1u << (int)VrrpTrack.Interface)) != 0;
            if (isFaulty != was)
            {
                core.Feed(router, VrrpInput.Fault(VrrpTrack.Interface, isFaulty), now);
            }
            else if (router.Machine.State == VrrpState.Master && !HasAll(router))
            {
                core.Feed(router, VrrpInput.AddressLost, now);
            }
        }
    }

    private bool IsAnyDown(string[] names)
    {
        foreach (string name in names)
        {
            if (network.FindLink(name, out LinkEntry link) < 0 || !link.IsUp)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The end: every router resigns and what was made is taken down.</summary>
    public void Close(long now)
    {
        core.FeedAll(VrrpInput.Shutdown, now);
        foreach (GuardedRouter router in core.Routers)
        {
            router.VirtualMac?.Remove(network);
        }

        core.Replace([], now);
        network.ReadAddresses();
        RemoveUnclaimed();
    }

    public void Dispose()
    {
        foreach (GuardedRouter router in core.Routers)
        {
            router.VirtualMac?.Dispose();
        }

        foreach (GuardedLink link in _links)
        {
            link.Dispose();
        }
    }

    /// <summary>Whether one takes over what the other holds: same place, at least one address in common.</summary>
    private static bool Continues(GuardedRouter old, GuardedRouter router) =>
        old.Settings.Interface == router.Settings.Interface
        && old.Settings.Rules.RouterId == router.Settings.Rules.RouterId
        && old.Settings.UseVirtualMac == router.Settings.UseVirtualMac
        && old.Settings.Rules.Addresses.Intersect(router.Settings.Rules.Addresses).Any();

    private void Attach(IReadOnlyList<GuardedRouter> routers)
    {
        Dictionary<string, GuardedLink> known = _links.ToDictionary(static link => link.Name);
        var used = new Dictionary<string, GuardedLink>();
        foreach (GuardedRouter router in routers)
        {
            string name = router.Settings.Interface;
            if (!used.TryGetValue(name, out GuardedLink? link))
            {
                link = known.GetValueOrDefault(name) ?? new GuardedLink(name);
                link.Refresh(network);
                used[name] = link;
            }

            router.Link = link;
            if (router.Settings.UseVirtualMac)
            {
                KeepVirtualMac(router, link);
            }
        }

        foreach (GuardedLink link in _links.Except(used.Values))
        {
            link.Dispose();
        }

        _links = [.. used.Values];
    }

    /// <summary>The interface on top goes with the one below, and comes back with it.</summary>
    private void KeepVirtualMac(GuardedRouter router, GuardedLink link)
    {
        if (router.VirtualMac is not null && network.FindLink(router.VirtualMac.Name, out _) < 0)
        {
            router.VirtualMac.Dispose();
            router.VirtualMac = null;
        }

        if (router.VirtualMac is not null || link.Index == 0)
        {
            return;
        }

        var mac = new VirtualMacLink(router.Settings);
        int result = mac.Create(network, link.Index);
        if (result < 0)
        {
            mac.Dispose();
            complain(
                router.Settings.Id, $"{mac.Name}: no interface with a virtual MAC on {link.Name}, error {-result}");
            return;
        }

        router.VirtualMac = mac;
    }

    private void RemoveUnclaimed()
    {
        foreach (AddressEntry entry in network.Addresses.ToArray())
        {
            if (entry.Mark == Netlink.OwnMark && !IsClaimed(entry))
            {
                network.RemoveAddress(entry.Link, entry.Address, entry.Prefix);
            }
        }
    }

    private bool IsClaimed(AddressEntry entry)
    {
        foreach (GuardedRouter router in core.Routers)
        {
            if (router.IsLingering && entry.Link != router.AddressLink
                && Array.IndexOf(router.Machine.Rules.Addresses, entry.Address) >= 0)
            {
                return true;
            }

            if (router.AddressLink != entry.Link)
            {
                continue;
            }

            int at = Array.IndexOf(router.Machine.Rules.Addresses, entry.Address);
            bool isWanted = router.Machine.HoldsAddresses || router.Machine.State == VrrpState.Initialize;
            if (at >= 0 && isWanted && router.Settings.PrefixOf(at) == entry.Prefix)
            {
                return true;
            }
        }

        return false;
    }

    private bool HasAny(GuardedRouter router)
    {
        foreach (NetAddress address in router.Machine.Rules.Addresses)
        {
            if (network.HasAddress(router.AddressLink, address))
            {
                return true;
            }
        }

        return false;
    }

    private bool HasAll(GuardedRouter router)
    {
        foreach (NetAddress address in router.Machine.Rules.Addresses)
        {
            if (!network.HasAddress(router.AddressLink, address))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The address to speak from: the configured one if it is there, otherwise the interface's first that is
    /// not virtual. IPv6 multicast wants a link-local one (RFC 5798 5.1.2.1).</summary>
    private NetAddress PrimaryOf(GuardedRouter router, GuardedLink link)
    {
        VirtualRouterSettings settings = router.Settings;
        if (!settings.Source.IsNone)
        {
            return network.HasAddress(link.Index, settings.Source) ? settings.Source : NetAddress.None;
        }

        bool wantsLinkLocal = settings.Rules.Family == IpFamily.V6 && !settings.Rules.IsUnicast;
        foreach (ref readonly AddressEntry entry in network.Addresses)
        {
            if (entry.Link == link.Index
                && entry.Address.Family == settings.Rules.Family
                && (entry.Flags & Netlink.FlagTentative) == 0
                && entry.Mark != Netlink.OwnMark
                && entry.Address.IsLinkLocal == wantsLinkLocal
                && !IsVirtual(entry.Address))
            {
                return entry.Address;
            }
        }

        return NetAddress.None;
    }

    private bool IsVirtual(NetAddress address)
    {
        foreach (GuardedRouter router in core.Routers)
        {
            if (router.Machine.Rules.Addresses.AsSpan().Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
