using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Tls;

namespace Proxy.Cluster.Probing;

/// <summary>The handshake of a health check, by the rules that requests follow. The framework does it: a check is no
/// data path.</summary>
internal static class TlsProbe
{
    public static async ValueTask<Stream> AuthenticateAsync(
        Stream plain, TlsClientPolicy policy, string name, OriginProtocol protocol,
        CancellationToken cancellation)
    {
        var stream = new SslStream(plain);
        try
        {
            SslClientAuthenticationOptions options = Options(policy, name);

            // A check speaks one protocol; where either may be spoken, the one that everybody has.
            options.ApplicationProtocols =
                [protocol == OriginProtocol.Http2 ? SslApplicationProtocol.Http2 : SslApplicationProtocol.Http11];
            await stream.AuthenticateAsClientAsync(options, cancellation);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private static SslClientAuthenticationOptions Options(TlsClientPolicy policy, string name)
    {
        SslProtocols versions = SslProtocols.None;
        versions |= policy.MinVersion == TlsVersion.Tls12 ? SslProtocols.Tls12 : SslProtocols.None;
        versions |= policy.MaxVersion == TlsVersion.Tls13 ? SslProtocols.Tls13 : SslProtocols.None;
        var options = new SslClientAuthenticationOptions { TargetHost = name, EnabledSslProtocols = versions };
        if (!policy.Verify)
        {
#pragma warning disable CA5359 // The operator said verify = false, and is warned at every start.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (policy.CaPem.Length > 0)
        {
            var chain = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck,
            };
            chain.CustomTrustStore.ImportFromPem(Encoding.ASCII.GetString(policy.CaPem));
            options.CertificateChainPolicy = chain;
        }

        if (policy.Certificate is { } own)
        {
            string key = Encoding.ASCII.GetString(own.KeyPem);
            string chain = Encoding.ASCII.GetString(own.ChainPem);
            options.ClientCertificates =
            [
                own.KeyPassword.Length > 0
                    ? X509Certificate2.CreateFromEncryptedPem(chain, key, own.KeyPassword)
                    : X509Certificate2.CreateFromPem(chain, key),
            ];
        }

        return options;
    }
}
