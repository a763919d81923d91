using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Proxy.Edge.Tls;

namespace Proxy.Cluster.Acme;

/// <summary>A certificate that an authority issued, with its key: as it is shown, stored and scheduled.</summary>
internal sealed record IssuedCertificate(TlsCertificate Material, CertificateLife Life)
{
    /// <summary>Reads what the authority sent or the store kept.</summary>
    /// <param name="problem">Why it cannot be used.</param>
    public static IssuedCertificate? Read(
        string chainPem, string keyPem, IReadOnlyList<string> names, out string problem)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(chainPem);
            if (chain.Count == 0)
            {
                problem = "it holds no certificate";
                return null;
            }

            X509Certificate2 leaf = chain[0];
            using X509Certificate2 withKey = X509Certificate2.CreateFromPem(leaf.ExportCertificatePem(), keyPem);
            string[] covered = [.. leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(static one => one.EnumerateDnsNames()).Select(static name => name.ToLowerInvariant())];
            if (names.FirstOrDefault(name => !covered.Contains(name)) is { } missing)
            {
                problem = $"it does not cover {missing}";
                return null;
            }

            problem = "";
            var material = new TlsCertificate(
                $"{names[0]} (ACME)", Encoding.ASCII.GetBytes(chainPem), Encoding.ASCII.GetBytes(keyPem), "", names)
            {
                NotAfter = leaf.NotAfter.ToUniversalTime(),
            };
            var life = new CertificateLife(
                leaf.NotBefore.ToUniversalTime(), leaf.NotAfter.ToUniversalTime(), RenewalId(leaf));
            return new IssuedCertificate(material, life);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            problem = $"certificate and key do not fit: {error.Message}";
            return null;
        }
    }

    /// <summary>As it is stored: the key, then the chain, PEM.</summary>
    public byte[] ToBytes() => [.. Material.KeyPem, (byte)'\n', .. Material.ChainPem];

    public static IssuedCertificate? FromBytes(byte[] bytes, IReadOnlyList<string> names, out string problem)
    {
        string all = Encoding.ASCII.GetString(bytes);
        int chain = all.IndexOf("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal);
        if (chain < 0)
        {
            problem = "it holds no certificate";
            return null;
        }

        return Read(all[chain..], all[..chain], names, out problem);
    }

    /// <summary>RFC 9773 §4.1: authority key identifier, ".", serial number.</summary>
    private static string? RenewalId(X509Certificate2 leaf) =>
        leaf.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier is { } authority
            ? $"{Base64Url.EncodeToString(authority.Span)}.{Base64Url.EncodeToString(leaf.SerialNumberBytes.Span)}"
            : null;
}
