namespace Proxy.Cluster.Health;

/// <summary>Port to the other nodes, for small messages: at most once, in order per node. Any thread; nothing
/// waits.</summary>
internal interface IVerdictChannel
{
    void Send(string node, HealthMessage message);

    /// <summary>To every other node that can be reached.</summary>
    void Broadcast(HealthMessage message);

    /// <summary>Called once, before anything is sent. The callback gets the sender's name; any thread.</summary>
    void Listen(Action<string, HealthMessage> received);
}
