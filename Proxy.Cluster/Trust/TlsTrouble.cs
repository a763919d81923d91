using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Proxy.Cluster.Trust;

/// <summary>Says in words of certificates why a handshake failed: what the library says alone helps nobody.</summary>
internal static class TlsTrouble
{
    /// <summary>What is wrong with the certificate that the other side shows; null when nothing is.</summary>
    /// <param name="authorities">The file of those that are trusted; empty = the system's.</param>
    /// <param name="setting">The key of the configuration that names that file.</param>
    public static string? WithShown(
        X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors, string authorities, string setting)
    {
        if (errors == SslPolicyErrors.None)
        {
            return null;
        }

        if (shown is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return "it shows no certificate";
        }

        string certificate = $"its certificate ({shown.Subject}, issued by {shown.Issuer})";
        if (!errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            return $"{certificate} is not for the name it was called by";
        }

        string why = string.Join(", ", chain?.ChainStatus.Select(static status => status.Status.ToString()) ?? []);
        string trusted = authorities.Length > 0 ? authorities : "those of the system";
        return $"{certificate} is not trusted ({why}): {setting} must hold its authority, now it is {trusted}";
    }

    /// <summary>The other side sent an alert about the certificate shown to it.</summary>
    public static bool IsAboutOwn(Exception problem)
    {
        for (Exception? error = problem; error is not null; error = error.InnerException)
        {
            string text = error.Message;
            if (text.Contains("alert", StringComparison.OrdinalIgnoreCase)
                && (text.Contains("certificate", StringComparison.OrdinalIgnoreCase)
                    || text.Contains("unknown ca", StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        return false;
    }
}
