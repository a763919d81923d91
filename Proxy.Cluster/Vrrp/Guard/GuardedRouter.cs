using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>One virtual router at work: settings, machine and what is counted. Lives in the guard's thread
/// only.</summary>
internal sealed class GuardedRouter(VirtualRouterSettings settings, byte[] record)
{
    public VirtualRouterSettings Settings => settings;

    /// <summary>The settings as they came, to see whether they change.</summary>
    public byte[] Record => record;

    public VrrpMachine Machine { get; } = new(settings.Rules, settings.Policy);

    /// <summary>Its next advert, as the stand-in sees it.</summary>
    public AdvertBeat Beat { get; } = new(settings.Rules);

    /// <summary>Place among the groups; set by <see cref="GuardCore"/>.</summary>
    public int GroupIndex { get; set; }

    /// <summary>Place in its group.</summary>
    public int MemberIndex { get; set; }

    /// <summary>Where it speaks; null until configured in.</summary>
    public GuardedLink? Link { get; set; }

    /// <summary>The interface of its own that carries its addresses, or null: they are on <see cref="Link"/>.</summary>
    public VirtualMacLink? VirtualMac { get; set; }

    /// <summary>Number of the interface that carries the addresses, 0 when there is none.</summary>
    public int AddressLink => VirtualMac?.Index ?? Link?.Index ?? 0;

    /// <summary>What the addresses are announced with.</summary>
    public ulong Mac => VirtualMac?.Mac ?? Link?.Mac ?? 0;

    /// <summary>Seconds for which the addresses stay on the loopback when this router steps back next, so that its
    /// established connections go on; 0 = not at all.</summary>
    public int LingerSeconds { get; set; }

    /// <summary>Whether they are there now.</summary>
    public bool IsLingering { get; set; }

    /// <summary>What the node was told last.</summary>
    public NetAddress ReportedMaster { get; set; }

    public uint Sent { get; set; }

    public uint Received { get; set; }

    public uint Refused { get; set; }

    public uint Takeovers { get; set; }

    public uint Announced { get; set; }

    /// <summary>Microseconds; refusals are reported once a second at most.</summary>
    public long RefusalReportedAt { get; set; } = long.MinValue / 2;
}
