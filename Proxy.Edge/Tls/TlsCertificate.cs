namespace Proxy.Edge.Tls;

/// <summary>A certificate chain and its key as they are given to OpenSSL. Immutable. The key's bytes are secret: never
/// logged, never in an exception's text.</summary>
/// <param name="Name">How operators know it: the file, or the ACME order's first name.</param>
/// <param name="ChainPem">Leaf first, then the intermediates, PEM.</param>
/// <param name="KeyPem">The private key, PEM.</param>
/// <param name="KeyPassword">What opens the key when it is encrypted; empty when it is not.</param>
/// <param name="Hosts">Names it is chosen for, lower case: exact ("shop.example") and wildcards of one label
/// ("*.shop.example"); IP addresses do not occur in SNI and are left out.</param>
/// <param name="OcspResponse">DER of a good OCSP response to staple, or null.</param>
public sealed record TlsCertificate(
    string Name, byte[] ChainPem, byte[] KeyPem, string KeyPassword, IReadOnlyList<string> Hosts,
    byte[]? OcspResponse = null)
{
    /// <summary>When the leaf expires; for metrics.</summary>
    public DateTimeOffset NotAfter { get; init; }
}
