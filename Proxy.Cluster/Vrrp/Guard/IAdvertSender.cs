using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Puts adverts on the wire. Returns at once and allocates nothing. Tests put a recording in its place.
/// </summary>
internal interface IAdvertSender
{
    /// <summary>One advert, to the group or to every peer. False when the kernel refused one of them.</summary>
    bool Send(VrrpRules rules, byte priority, NetAddress source, int link);
}
