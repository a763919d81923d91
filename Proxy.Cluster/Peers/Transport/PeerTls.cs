using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Proxy.Cluster.Trust;

namespace Proxy.Cluster.Peers.Transport;

/// <summary>Both sides show a certificate of the cluster's authority. Which names are in it is judged by the mesh, when
/// the peer has said what it is called.</summary>
internal static class PeerTls
{
    private const string CommonName = "2.5.4.3";

    /// <exception cref="AuthenticationException">The other side has no certificate of the authority.</exception>
    public static async Task<(Stream Stream, IReadOnlyList<string> Names)> SecureAsync(
        Stream plain, PeerTlsFiles files, bool asServer, CancellationToken cancellation)
    {
        SslStreamCertificateContext own = Own(files);
        X509ChainPolicy policy = Policy(files);
        string? refusal = null;
        var stream = new SslStream(plain, leaveInnerStreamOpen: false);
        try
        {
            if (asServer)
            {
                await stream.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions
                    {
                        ServerCertificateContext = own,
                        ClientCertificateRequired = true,
                        EnabledSslProtocols = SslProtocols.Tls13,
                        CertificateChainPolicy = policy,
                        RemoteCertificateValidationCallback = IsTrusted,
                    },
                    cancellation);
            }
            else
            {
                await stream.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions
                    {
                        TargetHost = string.Empty,
                        ClientCertificateContext = own,
                        EnabledSslProtocols = SslProtocols.Tls13,
                        CertificateChainPolicy = policy,
                        RemoteCertificateValidationCallback = IsTrusted,
                    },
                    cancellation);
            }

            return (stream, NamesIn(stream.RemoteCertificate));
        }
        catch (Exception error)
        {
            await stream.DisposeAsync();
            if (refusal is null)
            {
                throw;
            }

            throw new AuthenticationException(refusal, error);
        }

        // Addresses are no identities: the name is compared with the hello.
        bool IsTrusted(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors)
        {
            refusal = TlsTrouble.WithShown(
                shown, chain, errors & ~SslPolicyErrors.RemoteCertificateNameMismatch, files.Authorities,
                "cluster.peers.ca-file");
            return refusal is null;
        }
    }

    private static SslStreamCertificateContext Own(PeerTlsFiles files)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(files.Certificate);
        X509Certificate2 own = X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
        return SslStreamCertificateContext.Create(own, chain, offline: true);
    }

    private static X509ChainPolicy Policy(PeerTlsFiles files)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.ImportFromPemFile(files.Authorities);
        return policy;
    }

    private static List<string> NamesIn(X509Certificate? certificate)
    {
        List<string> names = [];
        if (certificate is X509Certificate2 known)
        {
            names.AddRange(known.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(static extension => extension.EnumerateDnsNames()));
            names.AddRange(known.SubjectName.EnumerateRelativeDistinguishedNames()
                .Where(static part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonName)
                .Select(static part => part.GetSingleElementValue() ?? string.Empty));
        }

        return names;
    }
}
