namespace Proxy.Cluster.Peers.Mesh;

/// <summary>What the machine wants done, in this order. Frames are not among them: they wait in the session's outbox,
/// and the connection sends them as it can.</summary>
internal abstract record MeshEffect
{
    /// <summary>Open a connection and report how that went.</summary>
    public sealed record Dial(long Connection, PeerTarget Target) : MeshEffect;

    /// <summary>Close it, after what waits in its outbox has left or a second has passed.</summary>
    public sealed record Close(long Connection) : MeshEffect;

    /// <summary>A node can be talked to.</summary>
    public sealed record PeerUp(string Node, long Incarnation, string Address) : MeshEffect;

    /// <summary>The last connection to it is gone. Says nothing about whether the node lives.</summary>
    /// <param name="Kind">How it ended: an end at once is news worth acting on.</param>
    public sealed record PeerDown(string Node, long Incarnation, PeerLoss Kind, string Why) : MeshEffect;

    /// <param name="Correlation">0: nobody waits for an answer.</param>
    public sealed record Message(
        long Connection, string Node, uint Correlation, string Channel, byte[] Content) : MeshEffect;

    /// <param name="Content">Null: it failed, <paramref name="Why"/> says how.</param>
    public sealed record RequestDone(long Request, byte[]? Content, string? Why) : MeshEffect;

    /// <summary>A peer wrote or removed it.</summary>
    public sealed record BlobChanged(string Name) : MeshEffect;

    /// <summary>Something an operator should know.</summary>
    public sealed record Trouble(PeerTrouble Kind, string Text) : MeshEffect;
}

/// <summary>How a peer was lost.</summary>
internal enum PeerLoss : byte
{
    /// <summary>The connection was reset or closed without a word: the process has probably ended.</summary>
    Broken,

    /// <summary>Nothing was heard for too long.</summary>
    Silent,

    /// <summary>It said goodbye.</summary>
    Left,

    /// <summary>This node closed it.</summary>
    Closed,
}

internal enum PeerTrouble : byte
{
    /// <summary>Refused, or was refused: wrong cluster, name taken, no common version, wrong certificate.</summary>
    Refused,
    ClockOff,
    Protocol,
}
