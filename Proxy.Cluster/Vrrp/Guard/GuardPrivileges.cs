using System.Globalization;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>The three rights the guard needs, and what to say when one is missing.</summary>
internal static class GuardPrivileges
{
    private const int NetAdmin = 12;
    private const int NetRaw = 13;
    private const int SysNice = 23;

    /// <summary>What is missing, in words; the guard cannot work without those of <paramref name="isFatal"/>.</summary>
    /// <param name="status">The text of /proc/self/status.</param>
    /// <param name="isFatal">True when addresses or packets are out of reach, false when only timing suffers.</param>
    public static IReadOnlyList<string> Missing(string status, out bool isFatal)
    {
        ulong effective = Effective(status);
        var missing = new List<string>();
        bool fatal = false;
        Check(NetAdmin, "CAP_NET_ADMIN is missing: addresses cannot be put on interfaces", true);
        Check(NetRaw, "CAP_NET_RAW is missing: no VRRP packets and no ARP can be sent", true);
        Check(SysNice, "CAP_SYS_NICE is missing: without real-time priority, adverts below 100 ms may be late", false);
        isFatal = fatal;
        return missing;

        void Check(int bit, string text, bool isNeeded)
        {
            if ((effective >> bit & 1) == 0)
            {
                missing.Add(text);
                fatal |= isNeeded;
            }
        }
    }

    private static ulong Effective(string status)
    {
        foreach (string line in status.Split('\n'))
        {
            if (line.StartsWith("CapEff:", StringComparison.Ordinal)
                && ulong.TryParse(
                    line.AsSpan(7).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong bits))
            {
                return bits;
            }
        }

        return 0;
    }
}
