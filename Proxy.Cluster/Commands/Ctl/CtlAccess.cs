using System.CommandLine;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Proxy.Cluster.Commands.Ctl;

/// <summary>With what `ctl` shows who it is, and whom it believes. The names are those that users of curl know;
/// whatever an option says can come from the environment instead.</summary>
/// <param name="Token">Bearer token; empty = none.</param>
/// <param name="Certificate">With its key, for a node that asks for one.</param>
/// <param name="Authorities">Trusted instead of the system's.</param>
/// <param name="CaFile">Where those came from, for messages.</param>
internal sealed record CtlAccess(
    string Token, SslStreamCertificateContext? Certificate, X509Certificate2Collection? Authorities, string CaFile)
{
    public static readonly CtlAccess Nothing = new("", null, null, "");

    // None of these has a default: --help would print it.
    private static readonly Option<string?> TokenOption = Option(
        "--token", "Token of the management API; others on this machine can see it. Better: PROXY_TOKEN.");

    private static readonly Option<string?> TokenFile = Option(
        "--token-file", "File with the token of the management API.");

    private static readonly Option<string?> Cert = Option(
        "--cert", "PEM file with the certificate to show, for management.tls.client-ca-file. Also PROXY_CERT.");

    private static readonly Option<string?> Key = Option(
        "--key", "PEM file with its key, when that is not in the file of --cert. Also PROXY_KEY.");

    private static readonly Option<string?> KeyPasswordFile = Option(
        "--key-password-file", "File with the password of an encrypted key. Or PROXY_KEY_PASSWORD: the password.");

    private static readonly Option<string?> Ca = Option(
        "--ca", "PEM file with the authorities to trust instead of the system's. Also PROXY_CA.");

    public static IEnumerable<Option> Options => [TokenOption, TokenFile, Cert, Key, KeyPasswordFile, Ca];

    /// <summary>Null after saying what cannot be had.</summary>
    public static CtlAccess? Read(ParseResult parsed, TextWriter errors)
    {
        string reading = "";
        try
        {
            reading = "--token-file";
            string token = FromFile(parsed.GetValue(TokenFile)) ?? Given(parsed, TokenOption, "PROXY_TOKEN") ?? "";
            reading = "--ca";
            string? ca = Given(parsed, Ca, "PROXY_CA");
            X509Certificate2Collection? authorities = ca is null ? null : ReadAll(ca);
            reading = "--key-password-file";
            string? password = FromFile(parsed.GetValue(KeyPasswordFile))
                ?? Environment.GetEnvironmentVariable("PROXY_KEY_PASSWORD");
            reading = "--cert";
            string? cert = Given(parsed, Cert, "PROXY_CERT");
            string? key = Given(parsed, Key, "PROXY_KEY");
            if (cert is null && key is not null)
            {
                errors.WriteLine("--key: it goes with --cert (or PROXY_CERT)");
                return null;
            }

            return new CtlAccess(
                token, cert is null ? null : ReadOwn(cert, key ?? cert, password), authorities, ca ?? "");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            errors.WriteLine($"{reading}: {error.Message}");
            return null;
        }
    }

    private static Option<string?> Option(string name, string description) =>
        new(name) { Description = description, Recursive = true };

    private static string? Given(ParseResult parsed, Option<string?> option, string variable) =>
        parsed.GetValue(option) ?? (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } set ? set : null);

    private static string? FromFile(string? file) => file is null ? null : File.ReadAllText(file).Trim();

    private static X509Certificate2Collection ReadAll(string file)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPemFile(file);
        return all.Count > 0 ? all : throw new CryptographicException($"{file} holds no certificate");
    }

    private static SslStreamCertificateContext ReadOwn(string cert, string key, string? password)
    {
        bool isLocked = File.ReadAllText(key).Contains("BEGIN ENCRYPTED PRIVATE KEY", StringComparison.Ordinal);
        if (isLocked && password is null)
        {
            throw new CryptographicException(
                $"the key in {key} is encrypted: --key-password-file FILE, or PROXY_KEY_PASSWORD in the environment");
        }

        X509Certificate2 own = isLocked
            ? X509Certificate2.CreateFromEncryptedPemFile(cert, password, key)
            : X509Certificate2.CreateFromPemFile(cert, key);
        return SslStreamCertificateContext.Create(own, ReadAll(cert), offline: true);
    }
}
