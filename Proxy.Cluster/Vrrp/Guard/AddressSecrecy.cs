using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Makes the kernel keep an address on the loopback to itself: by default it answers ARP on every interface
/// for
/// every address it has, and uses any of them when it asks. IPv6 answers only for what the interface has.</summary>
internal static class AddressSecrecy
{
    public static void Enter(string link, IpFamily family)
    {
        if (family == IpFamily.V4)
        {
            Set(link, "arp_ignore", "1");
            Set(link, "arp_announce", "2");
        }
    }

    private static void Set(string link, string setting, string value)
    {
        try
        {
            File.WriteAllText($"/proc/sys/net/ipv4/conf/{link}/{setting}", value);
        }
        catch (IOException)
        {
            // Not there, or not ours to write in this container: neighbours may then learn two places.
        }
        catch (UnauthorizedAccessException)
        {
            // As above.
        }
    }
}
