using System.Security.Cryptography;
using Proxy.Actors.Config;

namespace Proxy.Cluster.Acme;

/// <summary>What `check` can say about ordering without ordering or changing anything.</summary>
internal static class AcmeInspection
{
    /// <summary>Reads what a start would read. Issued certificates found go into
    /// <paramref name="certificates"/>.</summary>
    public static (List<string> Errors, List<string> Warnings) Look(
        ProxyConfig config, string file, AcmeCertificates certificates)
    {
        var errors = new List<string>();
        var warnings = new List<string>();
        ConfigList<string>[] wanted = [.. AcmeFiles.Wanted(config)];
        if (config.Acme is not { } acme || wanted.Length == 0)
        {
            return (errors, warnings);
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        Try(errors, "proxy.acme.ca-file", () => AcmeFiles.ParseAuthorities(AcmeFiles.ReadAuthorities(acme, folder)));
        Try(errors, "proxy.acme.eab.hmac-key-file", () => AcmeFiles.ReadBinding(acme, folder));
        try
        {
            if (AcmeFileStore.OpenExisting(AcmeFiles.StoreFolder(config)) is { } store)
            {
                ReadAll(store, acme, wanted, certificates, warnings);
            }
        }
        catch (AcmeStoreException error)
        {
            warnings.Add($"proxy.acme: {error.Message}");
        }

        return (errors, warnings);
    }

    private static void ReadAll(
        AcmeFileStore store, AcmeConfig acme, ConfigList<string>[] wanted, AcmeCertificates certificates,
        List<string> warnings)
    {
        try
        {
            _ = store.Read(AcmeFiles.AccountName(acme));
        }
        catch (AcmeStoreException error)
        {
            warnings.Add($"proxy.acme: {error.Message}; a new account will be opened");
        }

        foreach (ConfigList<string> names in wanted)
        {
            if (AcmeFiles.ReadCertificate(store, acme, names, out string problem) is { } issued)
            {
                certificates.Set(names, issued);
            }
            else if (problem.Length > 0)
            {
                warnings.Add($"proxy.acme: {problem}; it will be ordered again");
            }
        }
    }

    private static void Try(List<string> errors, string key, Func<object?> read)
    {
        try
        {
            _ = read();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException
            or FormatException or InvalidOperationException)
        {
            errors.Add($"{key}: {error.Message}");
        }
    }
}
