using Proxy.Cluster.Peers;
using Proxy.Cluster.Vrrp.Node;

namespace Proxy.Cluster.Host;

/// <summary>The second path of virtual routers over the connections between nodes.</summary>
internal sealed class VipPeers(PeerMesh mesh) : IVipPeers
{
    private const string Channel = "vip";

    public void Broadcast(byte[] record) => mesh.Broadcast(Channel, record);

    public void Connect(IVipPeerSink sink)
    {
        mesh.Listen(Channel, (message, _) =>
        {
            sink.Said(message.Node, message.Content.ToArray());
            return default;
        });
        mesh.Observe(new Observer(sink));
    }

    private sealed class Observer(IVipPeerSink sink) : IPeerObserver
    {
        public void PeerUp(string node, long incarnation) => sink.Found(node);

        public void PeerDown(string node, long incarnation, bool broken) => sink.Lost(node);
    }
}
