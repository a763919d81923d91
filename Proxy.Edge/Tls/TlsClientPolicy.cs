namespace Proxy.Edge.Tls;

/// <summary>How origins are connected to over TLS. The server's name (SNI and what its certificate must say) is given
/// per connection.</summary>
public sealed record TlsClientPolicy
{
    public TlsVersion MinVersion { get; init; } = TlsVersion.Tls12;

    public TlsVersion MaxVersion { get; init; } = TlsVersion.Tls13;

    /// <summary>False accepts any certificate. Dangerous; said so at every start.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>PEM bundle of the CAs to trust instead of the system's; empty = the system's.</summary>
    public byte[] CaPem { get; init; } = [];

    /// <summary>PEM revocation lists, or empty.</summary>
    public byte[] CrlPem { get; init; } = [];

    /// <summary>Our own certificate for origins that ask for one, or null.</summary>
    public TlsCertificate? Certificate { get; init; }
}
