using Microsoft.Extensions.Logging;
using Proxy.Cluster.Peers;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>What <see cref="VipActor"/> works with.</summary>
/// <param name="NodeName">This node's, for placement.</param>
/// <param name="Peers">Null = no second path: adverts alone decide.</param>
/// <param name="File">The configuration file; relative paths start beside it.</param>
/// <param name="NodesFile">Absolute path of what <see cref="KnownNodes"/> remembers.</param>
internal sealed record VipServices(
    ILogger Logger,
    TimeProvider Time,
    IVipNode Node,
    VipBoard Board,
    string NodeName,
    IPeerMessages? Peers,
    string File,
    string NodesFile)
{
    /// <summary>Where relative paths of the configuration start.</summary>
    public string Folder => Path.GetDirectoryName(Path.GetFullPath(File))!; // a file is in a folder
}
