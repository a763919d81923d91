using Proxy.Cluster.Health;
using Proxy.Cluster.Peers.Mesh;
using Proxy.Cluster.Shares;
using Proxy.Tests.Cluster.Peers;

namespace Proxy.Tests.Simulation.Cluster;

/// <summary>Messages of the parts of a node over its peer streams.</summary>
internal sealed class MeshMessages : IVerdictChannel, IShareLink
{
    private const string HealthChannel = "health";
    private const string ShareChannel = "shares";

    private readonly SimNode _mesh;
    private Action<string, HealthMessage> _health = static (_, _) => { };

    public MeshMessages(SimNode mesh)
    {
        _mesh = mesh;
        mesh.Heard = OnMessage;
    }

    public Action<string, byte[]> Shares { get; set; } = static (_, _) => { };

    public void Send(string node, HealthMessage message)
    {
        _mesh.Machine.Tell(node, HealthChannel, message.Write());
        _mesh.FlushIfAlive();
    }

    public void Broadcast(HealthMessage message)
    {
        _mesh.Machine.Broadcast(HealthChannel, message.Write());
        _mesh.FlushIfAlive();
    }

    public void Listen(Action<string, HealthMessage> received) => _health = received;

    void IShareLink.Send(string node, ReadOnlyMemory<byte> message)
    {
        _mesh.Machine.Tell(node, ShareChannel, message.ToArray());
        _mesh.FlushIfAlive();
    }

    private void OnMessage(MeshEffect.Message message)
    {
        if (message.Channel == ShareChannel)
        {
            Shares(message.Node, message.Content);
        }
        else if (HealthMessage.Read(message.Content) is { } read)
        {
            _health(message.Node, read);
        }
    }
}
