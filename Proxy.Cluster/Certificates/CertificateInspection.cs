using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Proxy.Edge.Tls;

namespace Proxy.Cluster.Certificates;

/// <summary>What an operator should know about a certificate before its clients tell.</summary>
internal static class CertificateInspection
{
    private const string Md5WithRsa = "1.2.840.113549.1.1.4";
    private const string Sha1WithRsa = "1.2.840.113549.1.1.5";
    private const string Sha1WithEcdsa = "1.2.840.10045.4.1";

    private static readonly TimeSpan SoonAfter = TimeSpan.FromDays(21);

    public static IEnumerable<string> Problems(LoadedCertificate loaded, DateTimeOffset now)
    {
        X509Certificate2 leaf = loaded.Chain[0];
        if (now >= leaf.NotAfter)
        {
            yield return $"expired on {Day(leaf.NotAfter)}";
        }
        else if (now + SoonAfter >= leaf.NotAfter)
        {
            yield return $"expires on {Day(leaf.NotAfter)}";
        }

        if (now < leaf.NotBefore)
        {
            yield return $"not valid before {Day(leaf.NotBefore)}";
        }

        for (int i = 0; i + 1 < loaded.Chain.Count; i++)
        {
            if (!loaded.Chain[i].IssuerName.RawData.AsSpan().SequenceEqual(loaded.Chain[i + 1].SubjectName.RawData))
            {
                yield return $"certificate {i + 2} of the file is not the issuer of the one before it";
            }
            else if (SignedDer.Of(loaded.Chain[i]).IsSignedBy(loaded.Chain[i + 1]) == false)
            {
                yield return $"certificate {i + 2} of the file has the name of the issuer, but not its key";
            }
        }

        for (int i = 0; i < loaded.Chain.Count; i++)
        {
            foreach (string weakness in Weaknesses(loaded.Chain[i]))
            {
                yield return $"certificate {i + 1} of the file {weakness}";
            }
        }

        X509Certificate2 last = loaded.Chain[^1];
        if (loaded.Chain.Count == 1 && !last.SubjectName.RawData.AsSpan().SequenceEqual(last.IssuerName.RawData))
        {
            yield return "the file has no intermediate certificate; clients that do not know the issuer will refuse it";
        }

        IReadOnlyList<string> names = CertificateFile.Names(leaf);
        foreach (string host in loaded.Material.Hosts.Where(host => !names.Any(name => TlsNames.Covers(name, host))))
        {
            yield return $"does not cover the host {host}";
        }

        if (loaded.Material.Hosts.Count == 0)
        {
            yield return "names no host; it is shown only where no other certificate fits";
        }

        if (loaded.OcspProblem.Length > 0)
        {
            yield return loaded.OcspProblem;
        }
    }

    /// <summary>What browsers refuse although the certificate is valid.</summary>
    private static IEnumerable<string> Weaknesses(X509Certificate2 certificate)
    {
        using RSA? rsa = certificate.GetRSAPublicKey();
        if (rsa is { KeySize: < 2048 })
        {
            yield return $"has an RSA key of only {rsa.KeySize} bits";
        }

        // A root's own signature is not looked at by anybody.
        bool isRoot = certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
        if (!isRoot && certificate.SignatureAlgorithm.Value is (Md5WithRsa or Sha1WithRsa or Sha1WithEcdsa))
        {
            yield return $"is signed with {certificate.SignatureAlgorithm.FriendlyName}";
        }
    }

    private static string Day(DateTime time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
