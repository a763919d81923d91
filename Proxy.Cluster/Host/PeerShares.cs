using Proxy.Cluster.Peers;
using Proxy.Cluster.Shares;

namespace Proxy.Cluster.Host;

/// <summary>Limits of the cluster over the connections between nodes.</summary>
internal sealed class PeerShares(PeerMesh mesh) : IShareLink
{
    private const string Channel = "shares";

    public void Send(string node, ReadOnlyMemory<byte> message) => mesh.Tell(node, Channel, message.ToArray());

    public void Connect(ShareService shares) => mesh.Listen(Channel, (message, _) =>
    {
        shares.Received(message.Node, message.Content.Span);
        return default;
    });
}
