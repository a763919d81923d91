namespace Proxy.Edge.Http2;

/// <summary>The state of one HTTP/2 connection (RFC 9113), without any input or output of its own.</summary>
public sealed class Http2Session
{
    /// <summary>What is to be written.</summary>
    public ReadOnlySpan<byte> Output => default;

    /// <summary>Payload of a stream was used: the peer may send as much again.</summary>
    public void Consume(Http2Stream stream, int count)
    {
    }

    /// <summary>Sends payload as far as windows allow and keeps the rest.</summary>
    public void SendData(Http2Stream stream, byte[] buffer, int start, int count, bool endStream)
    {
    }
}
