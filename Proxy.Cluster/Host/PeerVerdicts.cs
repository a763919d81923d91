using Proxy.Cluster.Health;
using Proxy.Cluster.Peers;

namespace Proxy.Cluster.Host;

/// <summary>The messages of health supervisors on a channel of the peers.</summary>
internal sealed class PeerVerdicts(IPeerMessages peers) : IVerdictChannel
{
    private const string Channel = "health";

    public void Send(string node, HealthMessage message) => peers.Tell(node, Channel, message.Write());

    public void Broadcast(HealthMessage message) => peers.Broadcast(Channel, message.Write());

    public void Listen(Action<string, HealthMessage> received) => peers.Listen(Channel, (message, _) =>
    {
        if (HealthMessage.Read(message.Content) is { } read)
        {
            received(message.Node, read);
        }

        return ValueTask.FromResult<byte[]?>(null);
    });
}
