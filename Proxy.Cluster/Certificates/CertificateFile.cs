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
    public static LoadedCertificate Load(CertificateConfig config, string folder)
    {
        byte[] chain = Read("certificate", config.Certificate, folder);
        byte[] key = config.Key.Length == 0 ? chain : Read("key", config.Key, folder);
        string password = config.PasswordFile.Length == 0
            ? ""
            : System.Text.Encoding.UTF8.GetString(Read("password-file", config.PasswordFile, folder))
                .Split('\n')[0].TrimEnd('\r');
        byte[]? ocsp = config.Ocsp.Length == 0 ? null : Read("ocsp", config.Ocsp, folder);
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
        return new LoadedCertificate(
            new TlsCertificate(config.Certificate, chain, key, password, hosts, ocsp)
            {
                NotAfter = certificates[0].NotAfter.ToUniversalTime(),
            },
            [.. certificates]);
    }

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
internal sealed record LoadedCertificate(TlsCertificate Material, IReadOnlyList<X509Certificate2> Chain);

/// <summary>A file that cannot be used.</summary>
/// <param name="key">Key of the configuration that names the file.</param>
internal sealed class CertificateProblem(string key, string value, string message) : Exception(message)
{
    public string Key { get; } = key;

    public string Value { get; } = value;
}
