namespace Proxy.Cluster.Peers;

/// <summary>A message that came from another node.</summary>
/// <param name="WantsReply">What the handler answers is sent back; otherwise it is dropped.</param>
internal readonly record struct PeerMessage(string Node, string Channel, ReadOnlyMemory<byte> Content, bool WantsReply);

/// <summary>Answers a message; null or an exception becomes a failure at the other end. Messages of one node come in
/// order and one at a time; the part before the first await must not wait.</summary>
internal delegate ValueTask<byte[]?> PeerHandler(PeerMessage message, CancellationToken cancellation);

/// <summary>Port for parts of the product that talk to their like on other nodes: short messages on named channels, at
/// most once, in order per node. Any thread; nothing waits for a slow peer.</summary>
internal interface IPeerMessages
{
    /// <summary>Names of the nodes that can be talked to now.</summary>
    IReadOnlyList<string> Peers { get; }

    /// <summary>One handler per channel.</summary>
    void Listen(string channel, PeerHandler handler);

    /// <summary>False when the node cannot be reached now; true promises nothing.</summary>
    bool Tell(string node, string channel, byte[] content);

    /// <summary>Answers how many nodes it was sent to.</summary>
    int Broadcast(string channel, byte[] content);

    /// <summary>A failure is a value: not reached, no answer in time, the connection lost.</summary>
    ValueTask<PeerReply> RequestAsync(string node, string channel, byte[] content, TimeSpan timeout);

    /// <summary>Tells about every peer that comes or goes from now on, and those that are there. Must not
    /// wait.</summary>
    void Observe(IPeerObserver observer);
}

/// <param name="Problem">Null when there is an answer.</param>
internal readonly record struct PeerReply(byte[]? Content, string? Problem)
{
    public bool IsAnswer => Problem is null;
}

/// <summary>Wants to know at once who can be talked to. Says something about connections only: whether a node is a
/// member is for the membership to say.</summary>
internal interface IPeerObserver
{
    void PeerUp(string node, long incarnation);

    /// <param name="broken">The connection ended without a goodbye, at once rather than by silence: the process has
    /// probably ended.</param>
    void PeerDown(string node, long incarnation, bool broken);
}
