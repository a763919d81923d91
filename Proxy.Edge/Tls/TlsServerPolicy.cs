namespace Proxy.Edge.Tls;

public enum TlsVersion : byte
{
    Tls12,
    Tls13,
}

/// <summary>Named sets of cipher suites, as Mozilla's guideline knows them.</summary>
public enum TlsProfile : byte
{
    /// <summary>TLS 1.3 suites, and for TLS 1.2 ECDHE with AES-GCM or ChaCha20 only: no CBC, no RSA key
    /// exchange.</summary>
    Modern,

    /// <summary>Adds DHE with AEAD suites and ECDHE with CBC-SHA256/384 for old clients.</summary>
    Intermediate,
}

/// <summary>What is done about a client that names a host no certificate covers, or none at all.</summary>
public enum UnknownNamePolicy : byte
{
    /// <summary>The first certificate is shown.</summary>
    Default,

    /// <summary>The handshake ends with the alert unrecognized_name.</summary>
    Refuse,
}

public enum ClientAuthentication : byte
{
    None,

    /// <summary>Asked for; a client without a certificate is let in, one with a bad certificate is not.</summary>
    Optional,
    Required,
}

/// <summary>Client certificates: whether, and whose.</summary>
public sealed record ClientAuthPolicy
{
    public ClientAuthentication Mode { get; init; }

    /// <summary>PEM bundle of the CAs that clients' certificates may come from.</summary>
    public byte[] CaPem { get; init; } = [];

    /// <summary>PEM revocation lists, or empty. When given, the leaf's issuer must have a current one.</summary>
    public byte[] CrlPem { get; init; } = [];

    /// <summary>Certificates between leaf and CA; 1 to 10.</summary>
    public int MaxDepth { get; init; } = 4;
}

/// <summary>Rules of a TLS listener, without its certificates.</summary>
public sealed record TlsServerPolicy
{
    public TlsVersion MinVersion { get; init; } = TlsVersion.Tls12;

    public TlsVersion MaxVersion { get; init; } = TlsVersion.Tls13;

    public TlsProfile Profile { get; init; }

    /// <summary>Overrides the profile's TLS 1.2 suites; OpenSSL names, in order of preference.</summary>
    public IReadOnlyList<string> Ciphers { get; init; } = [];

    /// <summary>Key exchange groups in order of preference.</summary>
    public IReadOnlyList<string> Groups { get; init; } = ["X25519", "P-256", "P-384"];

    /// <summary>Protocols in order of preference: "h2", "http/1.1".</summary>
    public IReadOnlyList<string> Alpn { get; init; } = ["http/1.1"];

    public UnknownNamePolicy UnknownName { get; init; }

    public ClientAuthPolicy ClientAuth { get; init; } = new();

    /// <summary>Host (exact or wildcard) → its own rule for client certificates.</summary>
    public IReadOnlyDictionary<string, ClientAuthPolicy> ClientAuthByHost { get; init; } =
        new Dictionary<string, ClientAuthPolicy>();

    /// <summary>Session tickets, so that clients can resume.</summary>
    public bool Tickets { get; init; } = true;

    /// <summary>Bytes of early data (0-RTT) accepted with a resumed session; 0 = none. A host that asks for client
    /// certificates takes none.</summary>
    public int MaxEarlyData { get; init; }

    /// <summary>Room for any usual request; what clients may send beyond is what OpenSSL skips, when it does not take
    /// early data.</summary>
    public const int UsualEarlyData = 16 * 1024;
}
