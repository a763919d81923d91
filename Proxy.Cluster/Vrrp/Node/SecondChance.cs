using System.Globalization;
using Proxy.Cluster.Vrrp.Guard;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>Packets of connections that began at the old place are sent on there by the new owner: one table of
/// nftables for each virtual router. What began here, or whose socket is here, stays; a packet that is no beginning and
/// belongs to nothing known goes to the old owner, whose answers go straight to the client. The kernel itself forgets
/// the rule after its time, so that nothing stays in force when this process dies.</summary>
internal static class SecondChance
{
    private const string Prefix = "proxy_vip_";

    // Beginnings of five seconds, 100,000 in each.
    private const int MaxBegun = 500_000;

    /// <summary>Script for "nft -f -" that puts the rules in force, in place of earlier ones.</summary>
    /// <param name="router">Whose addresses.</param>
    /// <param name="old">The old owner's own address on the same network.</param>
    /// <param name="seconds">After which they end by themselves.</param>
    public static string Begin(VirtualRouterSettings router, NetAddress old, int seconds)
    {
        bool isIpv4 = router.Rules.Family == IpFamily.V4;
        (string family, string type, string word) = isIpv4 ? ("ip", "ipv4_addr", "ip") : ("ip6", "ipv6_addr", "ip6");
        string addresses = string.Join(
            ", ", router.Rules.Addresses.Select(address => $"{address} timeout {seconds}s"));
        string flow = $"{word} saddr . tcp sport . {word} daddr . tcp dport";
        return string.Create(CultureInfo.InvariantCulture, $$"""
            {{End(router)}}
            table {{family}} {{Prefix}}{{router.Id}} {
              set moved { type {{type}}; flags timeout; elements = { {{addresses}} } }
              set begun {
                type {{type}} . inet_service . {{type}} . inet_service
                flags dynamic, timeout; size {{MaxBegun}}; timeout 5s
              }
              chain before {
                type filter hook prerouting priority -150; policy accept;
                {{word}} daddr != @moved accept
                meta l4proto != tcp accept
                tcp flags & (syn|ack) == syn update @begun { {{flow}} }
                tcp flags & (syn|ack) == syn accept
                {{flow}} @begun update @begun { {{flow}} } accept
                socket wildcard 0 accept
                dup to {{old}} device "{{router.Interface}}" drop
              }
            }
            """);
    }

    /// <summary>Script that removes them; no error when there are none.</summary>
    public static string End(VirtualRouterSettings router)
    {
        string family = router.Rules.Family == IpFamily.V4 ? "ip" : "ip6";
        string table = string.Create(CultureInfo.InvariantCulture, $"{family} {Prefix}{router.Id}");
        return $"add table {table}\ndelete table {table}";
    }
}
