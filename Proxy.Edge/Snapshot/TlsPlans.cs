using Proxy.Edge.Tls;

namespace Proxy.Edge.Snapshot;

/// <summary>What a listener's clients may speak.</summary>
[Flags]
public enum ClientProtocols : byte
{
    None = 0,
    Http1 = 1,

    /// <summary>HTTP/2 agreed by ALPN.</summary>
    Http2 = 2,

    /// <summary>HTTP/2 without TLS, known beforehand.</summary>
    Http2Cleartext = 4,
}

/// <summary>TLS of a listener.</summary>
public sealed record ListenerTlsPlan
{
    /// <summary>The live side: certificates come and go without a new revision.</summary>
    public required TlsEndpoint Endpoint { get; init; }

    /// <summary>From accepting to the end of the handshake.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Requests may come before the handshake is done (0-RTT).</summary>
    public bool EarlyData { get; init; }

    /// <summary>Handshakes under way at once on one loop; above, new connections wait in the kernel's queue.</summary>
    public int MaxHandshakes { get; init; } = 1000;

    /// <summary>Value of Strict-Transport-Security, or empty for none.</summary>
    public string StrictTransportSecurity { get; init; } = "";

    /// <summary>Names of the request fields that tell an origin the client's certificate and chain (RFC 9440); empty =
    /// not told. Copies sent by clients never pass.</summary>
    public string ClientCertField { get; init; } = "Client-Cert";

    public string ClientCertChainField { get; init; } = "";
}

/// <summary>TLS to a member.</summary>
/// <param name="Context">The compiled rules; the same reference means that kept connections stay good.</param>
public sealed record OriginTlsPlan(TlsClientContext Context);
