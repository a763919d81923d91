namespace Proxy.Cluster.Vrrp.Packets;

/// <summary>Why a packet was dropped (RFC 5798 7.1, RFC 3768 7.1). Values travel to the node as bytes: append only.
/// </summary>
internal enum VrrpRefusal : byte
{
    None,

    /// <summary>Shorter than the fixed header, or an IP header that does not hold together.</summary>
    TooShort,

    /// <summary>TTL or hop limit below what is demanded: it came through a router.</summary>
    WrongTtl,

    WrongVersion,
    WrongType,

    /// <summary>The router id has no instance on this interface.</summary>
    UnknownRouterId,

    NoAddresses,

    /// <summary>The length does not fit the count of addresses.</summary>
    WrongLength,

    WrongChecksum,
    WrongAuthenticationType,
    WrongPassword,

    /// <summary>v2: the sender's interval is not ours. v3: it is zero.</summary>
    WrongInterval,

    /// <summary>Neither the group's address nor, between unicast peers, one of ours.</summary>
    WrongDestination,

    /// <summary>IPv6 adverts come from a link-local address, unless between unicast peers.</summary>
    WrongSource,

    /// <summary>Unicast, and the sender is not among the peers.</summary>
    UnknownPeer,

    /// <summary>Carries one of our own addresses as its source.</summary>
    OwnPacket,
}
