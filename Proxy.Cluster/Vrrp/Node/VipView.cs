using Proxy.Cluster.Vrrp.Guard;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>A virtual router as management shows it.</summary>
/// <param name="Plan">What is configured.</param>
/// <param name="State">Initialize while no guard works for it.</param>
/// <param name="Priority">What it advertises or would.</param>
/// <param name="Faults">Bit by <see cref="VrrpTrack"/>.</param>
/// <param name="Master">Address of the router that has it; none = not known, which is said rather than guessed.</param>
/// <param name="Owner">Name of the node that has it; empty when it is none of ours or not known.</param>
/// <param name="Since">When the state was entered.</param>
/// <param name="Counters">As of the last answer of the guard; null before.</param>
internal sealed record VipView(
    PlannedVip Plan,
    VrrpState State,
    byte Priority,
    uint Faults,
    NetAddress Master,
    string Owner,
    DateTimeOffset Since,
    RouterCounters? Counters);

/// <summary>All virtual routers of this node and the process that holds them.</summary>
/// <param name="GuardProcess">0 = no guard is connected.</param>
internal sealed record VipReport(IReadOnlyList<VipView> Vips, int GuardProcess, bool IsRealTime)
{
    public static VipReport None { get; } = new([], 0, false);
}

/// <summary>Where the actor puts what others read. Any thread.</summary>
internal sealed class VipBoard
{
    private VipReport _report = VipReport.None;

    public VipReport Report
    {
        get => Volatile.Read(ref _report);
        set => Volatile.Write(ref _report, value);
    }
}
