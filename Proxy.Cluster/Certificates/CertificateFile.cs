using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Proxy.Actors.Config;
using Proxy.Edge.Tls;

namespace Proxy.Cluster.Certificates;

/// <summary>Reads one certificate entry of the configuration from its files.</summary>
internal static class CertificateFile
{
    /// <param name="folder">What relative paths are relative to.</param>
    /// <param name="staples">Where `ocsp = auto` gets responses from; null = they are not needed.</param>
    /// <exception cref="CertificateProblem">A file is missing or holds something else.</exception>
    public static LoadedCertificate Load(
        CertificateConfig config, string folder, DateTimeOffset now, OcspStaples? staples = null)
    {
        byte[] chain = Read("certificate", config.Certificate, folder);
        byte[] key = config.Key.Length == 0 ? chain : Read("key", config.Key, folder);
        string password = config.PasswordFile.Length == 0
            ? ""
            : System.Text.Encoding.UTF8.GetString(Read("password-file", config.PasswordFile, folder))
                .Split('\n')[0].TrimEnd('\r');
        CheckKey(config, key);
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
        (OcspResponse? ocsp, string ocspProblem) = config.Ocsp switch
        {
            "" => (null, ""),
            "auto" => Fetched(config.Certificate, certificates, staples),
            _ => FromFile(config.Ocsp, folder, certificates, now),
        };
        return new LoadedCertificate(
            new TlsCertificate(config.Certificate, chain, key, password, hosts, ocsp?.Der)
            {
                NotAfter = certificates[0].NotAfter.ToUniversalTime(),
            },
            [.. certificates])
        {
            OcspProblem = ocspProblem,
        };
    }

    /// <summary>Says what OpenSSL would not say, or would ask on the terminal. "ENCRYPTED" is in the label of PKCS #8
    /// and in the Proc-Type line of the older form.</summary>
    private static void CheckKey(CertificateConfig config, byte[] key)
    {
        (string Key, string Value) where =
            config.Key.Length == 0 ? ("certificate", config.Certificate) : ("key", config.Key);
        if (key.AsSpan().IndexOf("PRIVATE KEY-----"u8) < 0)
        {
            throw new CertificateProblem(where.Key, where.Value, "holds no PEM private key");
        }

        if (config.PasswordFile.Length == 0 && key.AsSpan().IndexOf("ENCRYPTED"u8) >= 0)
        {
            throw new CertificateProblem(where.Key, where.Value, "is encrypted, so it needs a password-file");
        }
    }

    private static (OcspResponse? Response, string Problem) FromFile(
        string file, string folder, X509Certificate2Collection chain, DateTimeOffset now)
    {
        byte[] der = Read("ocsp", file, folder);
        OcspResponse? response = OcspResponse.Read(der, chain[0], Issuer(chain), now, out string problem);
        return (response, response is null ? $"{file} {problem}; it is not stapled" : "");
    }

    private static (OcspResponse? Response, string Problem) Fetched(
        string name, X509Certificate2Collection chain, OcspStaples? staples) =>
        OcspRequest.Responder(chain[0]) is not { } responder
            ? (null, "ocsp = auto, but the certificate names no OCSP responder")
            : Issuer(chain) is not { } issuer
                ? (null, "ocsp = auto, but the file does not have the issuer's certificate")
                : (staples?.For(name, chain[0], issuer, responder), "");

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
