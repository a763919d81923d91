namespace Proxy.Cluster.Vrrp.Machine;

/// <summary>What the caller must now do, in the order of the bits: peers hear first (their timers run), then the
/// kernel takes the address, and only then may the network be told where it is.</summary>
[Flags]
internal enum VrrpEffects : byte
{
    None = 0,

    /// <summary>Send an advert with <see cref="VrrpMachine.Priority"/>.</summary>
    SendAdvert = 1,

    /// <summary>Send an advert with priority 1: a living master answers it at once.</summary>
    SendProbe = 2,

    /// <summary>Send an advert with priority 0: whoever is next takes over after its skew time.</summary>
    SendResign = 4,

    AddAddresses = 8,
    RemoveAddresses = 16,

    /// <summary>Gratuitous ARP or unsolicited neighbour advertisement, once for every address.</summary>
    Announce = 32,

    StateChanged = 64,
}
