using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Proxy.Tests.Kit;

/// <summary>Makes certificates for tests: an authority of its own, and whatever it signs.</summary>
internal sealed class TestCertificates : IDisposable
{
    private static readonly DateTimeOffset From = DateTimeOffset.UnixEpoch.AddYears(50);
    private static readonly DateTimeOffset Until = DateTimeOffset.UnixEpoch.AddYears(150);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;
    private byte _serial;

    public TestCertificates(string name = "Test Authority")
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _authority = request.CreateSelfSigned(From, Until);
    }

    public string CaPem => _authority.ExportCertificatePem() + "\n";

    public string CaKeyPem => _key.ExportPkcs8PrivateKeyPem() + "\n";

    /// <summary>A certificate with its key.</summary>
    /// <param name="rsa">An RSA key instead of an ECDSA one.</param>
    public Leaf Issue(string[] hosts, bool rsa = false, DateTimeOffset? until = null, string subject = "leaf")
    {
        using RSA rsaKey = RSA.Create(2048);
        using var ecdsaKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = rsa
            ? new CertificateRequest($"CN={subject}", rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest($"CN={subject}", ecdsaKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (string host in hosts)
        {
            names.AddDnsName(host);
        }

        if (hosts.Length > 0)
        {
            names.AddIpAddress(System.Net.IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        byte[] serial = [1, ++_serial];
        using X509Certificate2 certificate = request.Create(
            _authority.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), From, until ?? Until, serial);
        string key = rsa ? rsaKey.ExportPkcs8PrivateKeyPem() : ecdsaKey.ExportPkcs8PrivateKeyPem();
        string locked = (rsa ? (AsymmetricAlgorithm)rsaKey : ecdsaKey).ExportEncryptedPkcs8PrivateKeyPem(
            "secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
        return new Leaf(certificate.ExportCertificatePem() + "\n", key + "\n", locked + "\n", serial);
    }

    /// <summary>A revocation list with these certificates on it.</summary>
    public string Revoke(params Leaf[] leaves)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (Leaf leaf in leaves)
        {
            list.AddEntry(leaf.Serial, From);
        }

        byte[] der = list.Build(
            _authority.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), 1, Until, HashAlgorithmName.SHA256,
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_authority, true, false), From);
        return PemEncoding.WriteString("X509 CRL", der) + "\n";
    }

    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
    }

    /// <param name="LockedKeyPem">The key behind the password "secret".</param>
    internal sealed record Leaf(string CertificatePem, string KeyPem, string LockedKeyPem, byte[] Serial);
}
