namespace Proxy.Edge.Http2;

/// <summary>Who owns a session: told of what concerns the connection as a whole. Loop thread only.</summary>
public interface IHttp2SessionHandler
{
    /// <summary>The session has something to write; called once until <see cref="Http2Session.Output"/> was
    /// taken.</summary>
    void OnOutput();

    /// <summary>Server side: a request has begun. Its handler gets the head next.</summary>
    IHttp2StreamHandler OnStream(Http2Stream stream);

    /// <summary>Both directions of a stream have ended, or it was reset: one less is open.</summary>
    void OnStreamClosed(Http2Stream stream);

    /// <summary>The first SETTINGS of the peer, or a change: how many streams it allows may be different now.</summary>
    void OnPeerSettings();

    /// <summary>The peer takes no new streams.</summary>
    void OnGoAway(Http2Error error);

    /// <summary>The peer answered our PING.</summary>
    void OnPong();

    /// <summary>The connection cannot go on: GOAWAY is in the output, every stream was told. Write it, then
    /// close.</summary>
    /// <param name="reason">For the log; names no address.</param>
    void OnConnectionError(Http2Error error, string reason);
}
