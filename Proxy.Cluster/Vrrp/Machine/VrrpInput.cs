using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Machine;

internal enum VrrpInputKind : byte
{
    Tick,
    Advert,
    Start,
    Adopt,
    Shutdown,
    Fault,
    Weight,
    Resign,
    Yield,
    TakeOver,
    AddressLost,
    PeerDied,
    PeerResigned,
    PeerAppeared,
}

/// <summary>One thing that happened. A value: feeding the machine allocates nothing.</summary>
internal readonly struct VrrpInput
{
    private VrrpInput(VrrpInputKind kind) => Kind = kind;

    public VrrpInputKind Kind { get; private init; }

    public VrrpAdvert Packet { get; private init; }

    public VrrpTrack Track { get; private init; }

    /// <summary>Fault: 1 or 0. Weight: what is added to the priority.</summary>
    public int Amount { get; private init; }

    public NetAddress Peer { get; private init; }

    /// <summary>Time has passed. Comes after everything received has been handled: a process that was paused would
    /// otherwise believe its expired timer instead of the adverts waiting for it.</summary>
    public static VrrpInput Tick => new(VrrpInputKind.Tick);

    public static VrrpInput Start => new(VrrpInputKind.Start);

    /// <summary>Start, and the addresses are on the interface already: an earlier run left them.</summary>
    public static VrrpInput Adopt => new(VrrpInputKind.Adopt);

    public static VrrpInput Shutdown => new(VrrpInputKind.Shutdown);

    /// <summary>Give the addresses to a peer and stay away for <see cref="VrrpPolicy.ResignHold"/>.</summary>
    public static VrrpInput Resign => new(VrrpInputKind.Resign);

    /// <summary>Step back because the sync group does.</summary>
    public static VrrpInput Yield => new(VrrpInputKind.Yield);

    /// <summary>Become master now. The old one steps back when our priority beats its own.</summary>
    public static VrrpInput TakeOver => new(VrrpInputKind.TakeOver);

    /// <summary>Somebody removed one of our addresses from the interface.</summary>
    public static VrrpInput AddressLost => new(VrrpInputKind.AddressLost);

    public static VrrpInput Advert(in VrrpAdvert packet) => new(VrrpInputKind.Advert) { Packet = packet };

    public static VrrpInput Fault(VrrpTrack track, bool isFaulty) =>
        new(VrrpInputKind.Fault) { Track = track, Amount = isFaulty ? 1 : 0 };

    /// <param name="track">Whose opinion.</param>
    /// <param name="weight">-253 to 253; replaces the earlier one of the same source.</param>
    public static VrrpInput Weight(VrrpTrack track, int weight) =>
        new(VrrpInputKind.Weight) { Track = track, Amount = weight };

    /// <summary>A second path saw the peer's process end. Advice: it may be that path which broke.</summary>
    public static VrrpInput PeerDied(NetAddress peer) => new(VrrpInputKind.PeerDied) { Peer = peer };

    /// <summary>The peer itself says over a second path that it gave up.</summary>
    public static VrrpInput PeerResigned(NetAddress peer) => new(VrrpInputKind.PeerResigned) { Peer = peer };

    /// <summary>A peer can be reached again; it may have been master on the other side of a partition.</summary>
    public static VrrpInput PeerAppeared(NetAddress peer) => new(VrrpInputKind.PeerAppeared) { Peer = peer };
}
