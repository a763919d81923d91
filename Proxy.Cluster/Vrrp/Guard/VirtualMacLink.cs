using System.Globalization;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>An interface with the MAC of RFC 5798 7.3 on top of the real one. The MAC moves with the addresses, so that
/// no neighbour has to learn a new one. It also receives: the kernel gives a frame that comes from this MAC, as all of
/// a peer's do, to this interface only and not to the one below.</summary>
internal sealed class VirtualMacLink : IDisposable
{
    private readonly string _parent;
    private readonly IpFamily _family;

    public VirtualMacLink(VirtualRouterSettings settings)
    {
        _parent = settings.Interface;
        _family = settings.Rules.Family;
        bool isIpv4 = _family == IpFamily.V4;
        Name = string.Create(
            CultureInfo.InvariantCulture, $"{(isIpv4 ? "vrrp4" : "vrrp6")}-{settings.Id}.{settings.Rules.RouterId}");
        Mac = (isIpv4 ? 0x0000_5e00_0100UL : 0x0000_5e00_0200UL) | settings.Rules.RouterId;
    }

    public string Name { get; }

    public ulong Mac { get; }

    public int Index { get; private set; }

    /// <summary>Null while there is no interface, and when the kernel refuses.</summary>
    public AdvertReceiver? Receiver { get; private set; }

    /// <summary>Makes the interface, or takes the one that an earlier run left. 0 or a negative error number.</summary>
    public int Create(KernelNetwork network, int parent)
    {
        Span<byte> mac = stackalloc byte[6];
        AnnouncementFrames.WriteMac(mac, Mac);
        int result = network.AddMacvlan(Name, parent, mac);
        const int Exists = -17;
        if (result is < 0 and not Exists)
        {
            return result;
        }

        result = network.FindLink(Name, out LinkEntry link);
        if (result < 0)
        {
            return result;
        }

        Index = link.Index;
        Quieten();
        result = network.SwitchOn(Index);
        if (result < 0)
        {
            return result;
        }

        Receiver ??= AdvertReceiver.Open(_family, Name, Index, out result);
        return -result;
    }

    public void Remove(KernelNetwork network)
    {
        if (Index != 0)
        {
            network.RemoveLink(Index);
            Index = 0;
        }

        Dispose();
    }

    public void Dispose()
    {
        Receiver?.Dispose();
        Receiver = null;
    }

    /// <summary>Two interfaces on one wire: each must answer ARP only for what it carries, and what comes in on the
    /// virtual one may be answered by the real one.</summary>
    private void Quieten()
    {
        if (_family == IpFamily.V4)
        {
            Set($"ipv4/conf/{_parent}/arp_ignore", "1");
            Set($"ipv4/conf/{Name}/arp_ignore", "1");
            Set($"ipv4/conf/{Name}/rp_filter", "0");
            Set($"ipv4/conf/{Name}/accept_local", "1");
        }
        else
        {
            Set($"ipv6/conf/{Name}/addr_gen_mode", "1");
            Set($"ipv6/conf/{Name}/accept_ra", "0");
            Set($"ipv6/conf/{Name}/accept_dad", "0");
        }
    }

    private static void Set(string setting, string value)
    {
        try
        {
            File.WriteAllText($"/proc/sys/net/{setting}", value);
        }
        catch (IOException)
        {
            // The setting is not there, or may not be written in this container: the addresses still work.
        }
        catch (UnauthorizedAccessException)
        {
            // As above.
        }
    }
}
