using System.Text;
using Proxy.Edge.Engine;
using Proxy.Edge.Relay;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Timing;
using Proxy.Edge.Tls;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Downstream;

/// <summary>What every client connection has, whatever protocol it speaks: who is there, which listener's program it
/// follows, and its place in the listener's list. Loop thread only.</summary>
public abstract class ClientConnection : TimerNode
{
    private readonly ListenerSlot _slot;
    private readonly TlsChannel? _tls;
    private byte[] _served = [];

    /// <param name="channel">What the client is connected by, when it has shown itself.</param>
    protected ClientConnection(
        ListenerSlot slot, Channel? channel, ClientAddress peer, int port, long serial)
    {
        _slot = slot;
        _tls = channel as TlsChannel;
        Agreement = _tls?.Agreement ?? TlsAgreement.None;
        Listener = slot.Program;
        Peer = peer;
        PeerPort = port;
        ConnectionSerial = serial;
        Forwarding = PrepareForwarding();
    }

    /// <summary>The program of the request in hand, or of the last one.</summary>
    public ListenerProgram Listener { get; private set; }

    public ClientAddress Peer { get; }

    public int PeerPort { get; }

    public ForwardingConnection Forwarding { get; private set; }

    public bool IsTls => _tls is not null;

    /// <summary>Of the client's handshake; empty without TLS.</summary>
    public TlsAgreement Agreement { get; }

    /// <summary>See <see cref="IClientStream.IsEarly"/>.</summary>
    public bool IsEarly => _tls is { IsEarly: true };

    /// <summary>Unique in the process.</summary>
    public long ConnectionSerial { get; }

    internal ClientConnection? Newer { get; set; }

    internal ClientConnection? Older { get; set; }

    /// <summary>Since when the connection waits for a request, microseconds; 0 when it does not.</summary>
    internal abstract long IdleSince { get; }

    /// <summary>Closes now; for the end of a drain.</summary>
    internal abstract void CloseNow();

    /// <summary>Closes once the client has taken its last answer.</summary>
    internal abstract void CloseAfterFlush();

    /// <summary>The node is leaving: the client is asked to go elsewhere, as far as its protocol can say that before an
    /// answer.</summary>
    internal virtual void BeginDrain()
    {
    }

    /// <summary>Takes over the listener's newest revision; between requests.</summary>
    protected void FollowListener()
    {
        if (!ReferenceEquals(Listener, _slot.Program))
        {
            Listener = _slot.Program;
            Forwarding = PrepareForwarding();
        }
    }

    /// <summary>See <see cref="IClientStream.Serves"/>. The last host is remembered: nearly all requests of a
    /// connection are for one.</summary>
    public bool Serves(ReadOnlySpan<byte> host)
    {
        if (_tls is not { ServerContext: { } context } || host.SequenceEqual(_served))
        {
            return true;
        }

        string name = Encoding.Latin1.GetString(host).ToLowerInvariant();
        if (!context.Covers(_tls.ServerName, name))
        {
            return false;
        }

        _served = host.ToArray();
        return true;
    }

    private ForwardingConnection PrepareForwarding() => Listener.Forwarding.PrepareConnection(
        Peer, PeerPort, IsTls, _slot.Port, ClientCertLines.Of(_tls, Listener.Plan.Tls));

    /// <summary>Somebody else speaks for the connection from now on.</summary>
    protected void HandOver(ClientConnection successor) => _slot.Replace(this, successor);

    /// <summary>The connection is closed: the listener forgets it.</summary>
    protected void LeaveListener() => _slot.OnClosed(this);
}
