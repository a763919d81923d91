namespace Proxy.Cluster.Vrrp.Packets;

/// <summary>How a packet came: what the IP header says about it.</summary>
/// <param name="Source">The sender's primary address.</param>
/// <param name="Destination">The group or, between unicast peers, one of our addresses.</param>
/// <param name="Ttl">TTL or hop limit on arrival.</param>
internal readonly record struct VrrpEnvelope(NetAddress Source, NetAddress Destination, int Ttl);

/// <summary>An accepted advert.</summary>
/// <param name="Source">The sender's primary address, the tie-break between equal priorities.</param>
/// <param name="Priority">1 to 255, or 0: the sender gives the addresses up.</param>
/// <param name="Interval">Microseconds.</param>
/// <param name="AddressesDiffer">The sender's list is not ours: somebody's configuration is wrong. Only a warning,
/// because dropping the packet would make two masters.</param>
internal readonly record struct VrrpAdvert(NetAddress Source, byte Priority, long Interval, bool AddressesDiffer);
