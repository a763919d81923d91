using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Proxy.Actors.Config;

namespace Proxy.Cluster.Acme;

/// <summary>Which files ordering reads: those that the configuration names, and those in the store.</summary>
internal static class AcmeFiles
{
    /// <summary>Listeners that want the same names share a certificate.</summary>
    public static IEnumerable<ConfigList<string>> Wanted(ProxyConfig config) =>
        config.Listeners.Select(static one => one.Tls?.Acme).OfType<ConfigList<string>>()
            .Where(static names => names.Count > 0)
            .DistinctBy(static names => string.Join(' ', names));

    public static string StoreFolder(ProxyConfig config) =>
        Path.Combine(Path.GetFullPath(config.Node.StateDir), "acme");

    /// <summary>Another authority or kind of key is another certificate.</summary>
    public static string StoreName(AcmeConfig acme, ConfigList<string> names) =>
        $"certificate-{Hash($"{acme.Directory} {acme.KeyType} {string.Join(' ', names)}")}";

    public static string AccountName(AcmeConfig acme) => $"account-{Hash(acme.Directory)}";

    /// <summary>The content of ca-file; empty = the system's authorities are trusted.</summary>
    /// <exception cref="IOException">It cannot be read; likewise UnauthorizedAccessException.</exception>
    public static byte[] ReadAuthorities(AcmeConfig acme, string folder) =>
        acme.CaFile.Length > 0 ? File.ReadAllBytes(Path.Combine(folder, acme.CaFile)) : [];

    /// <exception cref="CryptographicException">There is no certificate in it.</exception>
    public static X509Certificate2[] ParseAuthorities(byte[] pem)
    {
        var authorities = new X509Certificate2Collection();
        if (pem.Length > 0)
        {
            authorities.ImportFromPem(Encoding.UTF8.GetString(pem));
            if (authorities.Count == 0)
            {
                throw new CryptographicException("ca-file holds no PEM certificate");
            }
        }

        return [.. authorities];
    }

    /// <exception cref="FormatException">The key is not base64url; IOException when there is none.</exception>
    public static AcmeBinding? ReadBinding(AcmeConfig acme, string folder) =>
        acme.Binding.KeyId.Length == 0
            ? null
            : new AcmeBinding(
                acme.Binding.KeyId,
                Base64Url.DecodeFromChars(
                    File.ReadLines(Path.Combine(folder, acme.Binding.HmacKeyFile)).First().Trim().TrimEnd('=')));

    /// <summary>The certificate that the store holds for these names.</summary>
    /// <param name="problem">Why what is there cannot be used; empty when nothing is there.</param>
    public static IssuedCertificate? ReadCertificate(
        IAcmeStore store, AcmeConfig acme, ConfigList<string> names, out string problem)
    {
        string name = StoreName(acme, names);
        try
        {
            problem = "";
            if (store.Read(name) is not { } bytes)
            {
                return null;
            }

            IssuedCertificate? issued = IssuedCertificate.FromBytes(bytes, names, out problem);
            problem = issued is null ? $"{name}: {problem}" : "";
            return issued;
        }
        catch (AcmeStoreException error)
        {
            problem = error.Message;
            return null;
        }
    }

    private static string Hash(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 12));
}
