using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Upstream;

/// <summary>The exchange that has leased an origin connection. Called on the loop's thread. Buffers are valid during
/// the call only and may be overwritten as <see cref="Engine.IChannelHandler.OnData"/> allows.</summary>
public interface IOriginUser
{
    /// <summary>Whether a chunked body is wanted with its framing or without.</summary>
    ChunkedOutput ChunkedOutput { get; }

    /// <summary>A 1xx head other than 101.</summary>
    void OnInterim(ResponseHead head);

    /// <summary>The final head and the first bytes of its body. When <paramref name="done"/>, the response is
    /// complete and the connection is no longer the user's.</summary>
    void OnResponse(ResponseHead head, byte[] buffer, int bodyStart, int bodyCount, bool done);

    /// <summary>More of the body; see <see cref="OnResponse"/> for <paramref name="done"/>.</summary>
    void OnResponseBody(byte[] buffer, int start, int count, bool done);

    /// <summary>Trailer lines, each with its CRLF, when they were wanted apart from the body. They end the response as
    /// <c>done</c> does.</summary>
    void OnResponseTrailers(byte[] buffer, int start, int count);

    /// <summary>Bytes of the body went straight to the client.</summary>
    void OnResponseSpliced(long count, bool done);

    /// <summary>Whether a 101 switches to the protocol that was asked for.</summary>
    bool IsUpgradeAskedFor(ResponseHead head);

    /// <summary>101 to a request that asked for it; from now on bytes go both ways unread.</summary>
    void OnUpgraded(ResponseHead head, byte[] buffer, int start, int count);

    void OnTunnelData(byte[] buffer, int start, int count);

    /// <summary>The origin ended its direction of a tunnel.</summary>
    void OnTunnelEnd();

    /// <summary>All of the request handed over so far has left.</summary>
    void OnRequestDrained();

    /// <summary>The attempt failed; the connection is closed and no longer the user's.</summary>
    void OnOriginFault(ProxyFault fault);
}
