namespace Proxy.Edge.Http2;

/// <summary>What an HTTP/2 client says first (RFC 9113 §3.4): text that no HTTP/1 server takes for a request.</summary>
public static class Http2Preface
{
    public static ReadOnlySpan<byte> Bytes => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;
}
