using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Proxy.Edge.Tls;

namespace Proxy.Cluster.Acme;

/// <summary>Certificates we sign ourselves, and requests for those we do not.</summary>
internal static class OwnCertificate
{
    /// <summary>acmeIdentifier, RFC 8737 §6.1.</summary>
    private const string AcmeIdentifier = "1.3.6.1.5.5.7.1.31";

    /// <summary>Shown while ACME has not issued anything yet; clients will complain.</summary>
    public static TlsCertificate Placeholder(IReadOnlyList<string> names, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Finish(Request(names, key), key, $"placeholder for {names[0]}", names, now, TimeSpan.FromDays(365));
    }

    /// <summary>Proves by TLS-ALPN-01 that the host is ours (RFC 8737 §3): the digest of the key authorization in a
    /// critical extension.</summary>
    public static TlsCertificate ForChallenge(ChallengeAnswer challenge, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Request([challenge.Host], key);
        byte[] digest = SHA256.HashData(Encoding.ASCII.GetBytes(challenge.Answer));
        // An OCTET STRING of 32 bytes.
        request.CertificateExtensions.Add(new X509Extension(AcmeIdentifier, [4, 32, .. digest], critical: true));
        return Finish(
            request, key, $"challenge for {challenge.Host}", [challenge.Host], now, TimeSpan.FromDays(1));
    }

    /// <summary>PKCS#10, DER.</summary>
    public static byte[] SigningRequest(IReadOnlyList<string> names, AsymmetricAlgorithm key) =>
        Request(names, key).CreateSigningRequest();

    private static CertificateRequest Request(IReadOnlyList<string> names, AsymmetricAlgorithm key)
    {
        // A common name holds 64 characters at most; clients look at the alternative names only.
        string subject = names[0].Length <= 64 ? $"CN={names[0]}" : "CN=proxy";
        CertificateRequest request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        var alternative = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            alternative.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternative.Build());
        return request;
    }

    private static TlsCertificate Finish(
        CertificateRequest request, ECDsa key, string name, IReadOnlyList<string> hosts, DateTimeOffset now,
        TimeSpan lifetime)
    {
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddHours(-1), now + lifetime);
        return new TlsCertificate(
            name, Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"),
            Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"), "", hosts)
        {
            NotAfter = certificate.NotAfter.ToUniversalTime(),
        };
    }
}
