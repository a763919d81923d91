using Proxy.Cluster.Vrrp.Machine;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>Words for operators.</summary>
internal static class VipWords
{
    public static string Of(VrrpState state) => state switch
    {
        VrrpState.Master => "master",
        VrrpState.Backup => "backup",
        VrrpState.Fault => "fault",
        _ => "stopped",
    };

    /// <summary>What brought a router where it is.</summary>
    public static string Of(VrrpInputKind cause, uint faults) => faults != 0
        ? string.Join(", ", Faults(faults))
        : cause switch
        {
            VrrpInputKind.Tick => "no other router speaks",
            VrrpInputKind.Advert => "another router speaks",
            VrrpInputKind.Start or VrrpInputKind.Adopt => "started",
            VrrpInputKind.Shutdown => "stopped",
            VrrpInputKind.Fault => "the fault is over",
            VrrpInputKind.Resign => "given up by request",
            VrrpInputKind.TakeOver => "taken by request or with its group",
            VrrpInputKind.Yield => "with its group",
            _ => cause.ToString(),
        };

    public static IEnumerable<string> Faults(uint faults)
    {
        foreach (VrrpTrack track in Enum.GetValues<VrrpTrack>())
        {
            if ((faults >> (int)track & 1) != 0)
            {
                yield return track switch
                {
                    VrrpTrack.Interface => "an interface is down",
                    VrrpTrack.Node => "the node ended or hangs",
                    VrrpTrack.Health => "the node cannot serve",
                    VrrpTrack.Check => "the check failed",
                    VrrpTrack.Majority => "cut off from the majority",
                    VrrpTrack.Operator => "the node leaves",
                    _ => "another of its group is in fault",
                };
            }
        }
    }
}
