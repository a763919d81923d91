using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Machine;

/// <summary>The formulas of RFC 5798 6.1 and RFC 3768 6.1; microseconds.</summary>
internal static class VrrpTimers
{
    /// <summary>What keeps routers of different priority apart when all lose the master at once. v3 scales it with the
    /// interval, v2 takes it of a second.</summary>
    public static long Skew(VrrpVersion version, int priority, long interval) =>
        (256 - priority) * (version == VrrpVersion.V2 ? VrrpRules.Second : interval) / 256;

    public static long MasterDown(VrrpVersion version, int priority, long interval, int downAdverts) =>
        (downAdverts * interval) + Skew(version, priority, interval);
}
