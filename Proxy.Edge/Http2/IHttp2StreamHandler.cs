namespace Proxy.Edge.Http2;

/// <summary>Who is told of what happens on one stream. Called on the loop's thread while the session reads; buffers
/// are valid during the call only.</summary>
public interface IHttp2StreamHandler
{
    /// <summary>A complete head in the form of HTTP/1.1 text, start line and blank line included, at
    /// buffer[start .. start+count): a request, an interim or a final response. It was checked against RFC 9113 §8;
    /// what it means is for the HTTP/1 parsers to say.</summary>
    /// <param name="endStream">No body and no trailers follow.</param>
    void OnHead(byte[] buffer, int start, int count, bool endStream);

    /// <summary>Payload bytes. They count against the peer's window until <see cref="Http2Session.Consume"/> gives
    /// them back. The handler may overwrite them, 32 bytes before and a tailroom behind them.</summary>
    void OnData(byte[] buffer, int start, int count, bool endStream);

    /// <summary>Trailer lines "name: value" CRLF, without a blank line. They end the peer's direction.</summary>
    void OnTrailers(byte[] buffer, int start, int count);

    /// <summary>Everything that <see cref="Http2Session.SendData"/> had to keep is on its way.</summary>
    void OnWritable();

    /// <summary>The stream is gone: reset by the peer, by the session for a fault of the peer, or with its connection.
    /// No call comes any more, and none may be made for this stream.</summary>
    /// <param name="unprocessed">The peer promises that it has done nothing with it (REFUSED_STREAM, or above the last
    /// stream of GOAWAY): it may be sent again whatever its method.</param>
    void OnReset(Http2Error error, bool unprocessed);
}
