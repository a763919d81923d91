using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Proxy.Actors.Config;
using Proxy.Edge.Tls;

namespace Proxy.Cluster.Certificates;

/// <summary>Reads one certificate entry of the configuration from its files.</summary>
internal static class CertificateFile
{
    /// <param name="folder">What relative paths are relative to.</param>
    /// <exception cref="CertificateProblem">A file is missing or holds something else.</exception>
    public static LoadedCertificate Load(CertificateConfig config, string folder, DateTimeOffset now)
    {
        byte[] chain = Read("certificate", config.Certificate, folder);
        byte[] key = config.Key.Length == 0 ? chain : Read("key", config.Key, folder);
        string password = config.PasswordFile.Length == 0
            ? ""
            : System.Text.Encoding.UTF8.GetString(Read("password-file", config.PasswordFile, folder))
                .Split('\n')[0].TrimEnd('\r');
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(System.Text.Encoding.UTF8.GetString(chain));
        }
        catch (CryptographicException)
        {
            // Said below.
        }

        if (certificates.Count == 0)
        {
            throw new CertificateProblem("certificate", config.Certificate, "holds no PEM certificate");
        }

        IReadOnlyList<string> hosts = config.Hosts.Count > 0
            ? [.. config.Hosts.Select(static host => host.ToLowerInvariant())]
            : Names(certificates[0]);
        string ocspProblem = "";
        OcspResponse? ocsp = config.Ocsp.Length == 0
            ? null
            : OcspResponse.Read(
                Read("ocsp", config.Ocsp, folder), certificates[0], Issuer(certificates), now, out ocspProblem);
        return new LoadedCertificate(
            new TlsCertificate(config.Certificate, chain, key, password, hosts, ocsp?.Der)
            {
                NotAfter = certificates[0].NotAfter.ToUniversalTime(),
            },
            [.. certificates])
        {
            OcspProblem = ocspProblem.Length == 0 ? "" : $"{config.Ocsp} {ocspProblem}; it is not stapled",
        };
    }

    /// <summary>The leaf's issuer, when the file has it.</summary>
    private static X509Certificate2? Issuer(X509Certificate2Collection chain) => chain.FirstOrDefault(
        one => one.SubjectName.RawData.AsSpan().SequenceEqual(chain[0].IssuerName.RawData));

    public static byte[] Read(string key, string file, string folder)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(folder, file));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            string reason = error is FileNotFoundException or DirectoryNotFoundException
                ? "is not there"
                : "cannot be read";
            throw new CertificateProblem(key, file, reason);
        }
    }

    /// <summary>DNS names of the certificate, lower case.</summary>
    public static IReadOnlyList<string> Names(X509Certificate2 certificate) =>
        [
            .. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(static names => names.EnumerateDnsNames())
                .Select(static name => name.ToLowerInvariant())
                .Distinct(),
        ];
}

/// <summary>A certificate as OpenSSL gets it and as it is looked at.</summary>
/// <param name="Chain">Leaf first.</param>
internal sealed record LoadedCertificate(TlsCertificate Material, IReadOnlyList<X509Certificate2> Chain)
{
    /// <summary>Why the OCSP response of the file is not shown to clients; empty = it is, or there is none.</summary>
    public string OcspProblem { get; init; } = "";
}

/// <summary>A file that cannot be used.</summary>
/// <param name="key">Key of the configuration that names the file.</param>
internal sealed class CertificateProblem(string key, string value, string message) : Exception(message)
{
    public string Key { get; } = key;

    public string Value { get; } = value;
}
