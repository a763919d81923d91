namespace Proxy.Edge.Tls;

/// <summary>Protocols a client offers by ALPN (RFC 7301).</summary>
public enum TlsOffer : byte
{
    Http1,
    Http2,

    /// <summary>HTTP/2 if the server has it.</summary>
    Either,
}
