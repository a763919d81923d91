using Proxy.Edge.Engine;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Tls;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Relay;

/// <summary>One request of a client as its exchange sees it: over HTTP/1.1 the connection itself, over HTTP/2 a
/// stream of it. Loop thread only.</summary>
public interface IClientStream
{
    ListenerProgram Listener { get; }

    ClientAddress Peer { get; }

    int PeerPort { get; }

    /// <summary>The lines about this connection that forwarding adds to every request.</summary>
    ForwardingConnection Forwarding { get; }

    bool IsTls { get; }

    /// <summary>What its handshake agreed on; empty without TLS.</summary>
    TlsAgreement Agreement { get; }

    /// <summary>The request came over HTTP/2, whatever its text says.</summary>
    bool IsHttp2 { get; }

    /// <summary>The handshake is not done: the request came as early data, which anybody may have repeated. When it is
    /// done, the exchange is told, see <see cref="Exchange.OnHandshakeDone"/>.</summary>
    bool IsEarly { get; }

    /// <summary>Whether the connection may carry requests for this host (lower or upper case, without a port): over TLS
    /// its certificate and its rule for client certificates must be that host's.</summary>
    bool Serves(ReadOnlySpan<byte> host);

    /// <summary>Number of the connection, unique in the process, and of this request on it, from 1.</summary>
    long ConnectionSerial { get; }

    int RequestNumber { get; }

    /// <summary>Response bytes the client has not taken yet.</summary>
    int UnsentBytes { get; }

    /// <summary>How a chunked body is to be handed over.</summary>
    ChunkedOutput ChunkedOutput { get; }

    /// <summary>The channel a plain body may be spliced to, or null when bytes must pass through user space.</summary>
    Channel? SpliceTarget { get; }

    /// <summary>Passes on a 1xx head other than 101.</summary>
    void SendInterim(ResponseHead head);

    /// <summary>Sends a final head and the first part of the body. Bytes around the body may be overwritten.</summary>
    /// <param name="lines">Complete field lines to add, CRLF included.</param>
    void SendResponse(
        ResponseHead head, ReadOnlySpan<byte> lines, byte[] buffer, int bodyStart, int bodyCount, bool done);

    void SendBody(byte[] buffer, int start, int count, bool done);

    /// <summary>Ends the response with trailer lines; only for a stream that wants them apart from the body.</summary>
    void SendTrailers(byte[] buffer, int start, int count);

    /// <summary>Body bytes went to <see cref="SpliceTarget"/>.</summary>
    void OnSpliced(long count, bool done);

    /// <summary>Sends a complete answer of the proxy's own.</summary>
    void SendLocal(scoped in LocalAnswer answer);

    /// <summary>Sends the 101 head and turns the connection into a tunnel.</summary>
    void SendUpgrade(ResponseHead head, byte[] buffer, int start, int count);

    void SendTunnel(byte[] buffer, int start, int count);

    /// <summary>Ends the sending direction of a tunnel.</summary>
    void EndTunnel();

    /// <summary>The response cannot be completed: the client must see that.</summary>
    void AbortResponse();

    /// <summary>No more request body until <see cref="ResumeBody"/>.</summary>
    void PauseBody();

    void ResumeBody();

    /// <summary>The exchange is over and holds nothing of this stream any more.</summary>
    void ExchangeEnded();
}
