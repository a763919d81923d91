using Proxy.Actors.Runtime;
using Proxy.Cluster.Peers;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>The second path: what peers say about their virtual addresses, and the end of their processes, as messages
/// to the actor. A connection that breaks is told at once, because nothing else is as fast.</summary>
internal sealed class VipPeerPath : IPeerObserver
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    private readonly IRef<VipMessage> _actor;

    private VipPeerPath(IRef<VipMessage> actor) => _actor = actor;

    public static void Connect(IPeerMessages peers, IRef<VipMessage> actor)
    {
        peers.Listen(VipActor.Channel, (message, _) =>
        {
            actor.Tell(new VipMessage.PeerSaid(message.Node, message.Content.ToArray()));
            return ValueTask.FromResult<byte[]?>(null);
        });
        peers.Listen(VipHandover.Channel, async (message, cancellation) =>
            await actor.Ask<byte[], (string Node, byte[] Record)>(
                static (reply, call) => new VipMessage.Called(call.Node, call.Record, reply),
                (message.Node, message.Content.ToArray()), CallTimeout, cancellation));
        peers.Listen(VipFlows.Channel, (message, _) =>
        {
            actor.Tell(new VipMessage.FlowsTold(message.Node, message.Content.ToArray()));
            return ValueTask.FromResult<byte[]?>(null);
        });
        peers.Observe(new VipPeerPath(actor));
    }

    public void PeerUp(string node, long incarnation) => _actor.Tell(new VipMessage.PeerFound(node));

    public void PeerDown(string node, long incarnation, bool broken) =>
        _actor.Tell(new VipMessage.PeerLost(node, broken));
}
