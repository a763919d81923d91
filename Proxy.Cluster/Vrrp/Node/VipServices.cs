using Microsoft.Extensions.Logging;
using Proxy.Cluster.Peers;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>What <see cref="VipActor"/> works with.</summary>
/// <param name="NodeName">This node's, for placement.</param>
/// <param name="Peers">Null = no second path: adverts alone decide.</param>
/// <param name="File">The configuration file; relative paths start beside it.</param>
internal sealed record VipServices(
    ILogger Logger,
    TimeProvider Time,
    IVipNode Node,
    VipBoard Board,
    string NodeName,
    IPeerMessages? Peers,
    string File);
