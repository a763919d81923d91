using Proxy.Edge.Topology;

namespace Proxy.Edge.Rewriting;

/// <summary>What forwarding fields need to know about one client connection, computed once per connection.
/// Immutable.</summary>
public sealed class ForwardingConnection
{
    internal ForwardingConnection(ClientAddress peer, int peerPort, bool trusted, bool tls, int localPort)
    {
        Peer = peer;
        PeerPort = peerPort;
        IsTrusted = trusted;
        IsTls = tls;
        LocalPort = localPort;
    }

    public ClientAddress Peer { get; }

    public int PeerPort { get; }

    /// <summary>The peer is another proxy whose fields are believed.</summary>
    public bool IsTrusted { get; }

    public bool IsTls { get; }

    public int LocalPort { get; }

    public ReadOnlySpan<byte> Scheme => IsTls ? "https"u8 : "http"u8;

    /// <summary>Complete field lines for an untrusted peer that do not depend on the request.</summary>
    internal byte[] Lines { get; init; } = [];

    /// <summary>Complete lines about the certificate of an untrusted peer.</summary>
    internal byte[] Certificate { get; init; } = [];

    /// <summary>The Forwarded element of this hop up to "host=", which the request provides.</summary>
    internal byte[] Element { get; init; } = [];
}
