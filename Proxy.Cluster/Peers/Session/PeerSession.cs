using Proxy.Cluster.Peers.Codec;
using Proxy.Edge.Replication;

namespace Proxy.Cluster.Peers.Session;

internal enum SessionState : byte
{
    /// <summary>Connecting: nothing can be sent.</summary>
    Dialing,

    /// <summary>Connected; the peer's hello has not come.</summary>
    Greeting,

    /// <summary>The peer is who it says and may stay.</summary>
    Live,

    /// <summary>A goodbye is queued or came; nothing more is read.</summary>
    Closing,
}

/// <summary>One connection to a peer, whoever opened it: what is known of the other side and where both streams of each
/// table stand. Under the mesh's lock.</summary>
internal sealed class PeerSession
{
    public PeerSession(long connection, bool dialed, string address, long monotonic, IReadOnlyList<Replica> replicas)
    {
        Connection = connection;
        Dialed = dialed;
        Address = address;
        Since = monotonic;
        LastReceived = monotonic;
        LastPinged = monotonic;
        LastSent = monotonic;
        Senders = [.. replicas.Select(static replica => new TableSender(replica))];
        Receivers = [.. replicas.Select(static replica => new TableReceiver(replica))];
    }

    public long Connection { get; }

    /// <summary>This node opened it.</summary>
    public bool Dialed { get; }

    /// <summary>As dialed, or where the peer came from.</summary>
    public string Address { get; }

    public SessionState State { get; set; }

    /// <summary>Set from <see cref="SessionState.Live"/> on.</summary>
    public Hello? Peer { get; set; }

    public ushort Version { get; set; }

    /// <summary>Names in the peer's certificate; null without TLS.</summary>
    public IReadOnlyList<string>? CertificateNames { get; set; }

    public Outbox Outbox { get; } = new();

    public FrameReader Reader { get; } = new();

    public TableSender[] Senders { get; }

    public TableReceiver[] Receivers { get; }

    /// <summary>Monotonic milliseconds: when this connection began, was last heard, pinged, and took bytes.</summary>
    public long Since { get; set; }

    public long LastReceived { get; set; }

    public long LastPinged { get; set; }

    public long LastSent { get; set; }

    /// <summary>There and back, milliseconds.</summary>
    public long RoundTrip { get; set; } = -1;

    /// <summary>The peer's wall clock minus ours, milliseconds; the way is not taken off.</summary>
    public long ClockOffset { get; set; }

    public bool ClockReported { get; set; }

    /// <summary>Slices of digests that are sent soon after connecting, so that what was missed meanwhile
    /// shows.</summary>
    public int DigestsOwed { get; set; }

    /// <summary>Why the connection ends: said by this node, heard from the peer.</summary>
    public GoodbyeReason? GoodbyeSaid { get; set; }

    public GoodbyeReason? GoodbyeHeard { get; set; }

    public long BytesReceived { get; set; }

    public long BytesSent { get; set; }

    public TableSender? SenderOf(byte table) => Array.Find(Senders, sender => sender.Table == table);

    public TableReceiver? ReceiverOf(byte table) => Array.Find(Receivers, receiver => receiver.Table == table);
}
