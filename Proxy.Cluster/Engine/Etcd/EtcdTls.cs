using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Proxy.Cluster.Trust;

namespace Proxy.Cluster.Engine.Etcd;

/// <summary>PEM files of the connections to etcd; full paths, empty = none. They are read for every connection, so what
/// was wrong or has been renewed needs no restart.</summary>
/// <param name="Authorities">Trusted instead of the system's.</param>
/// <param name="Certificate">Its common name is an etcd user when no user is given.</param>
/// <param name="Key">Of the certificate.</param>
internal sealed record EtcdTls(string Authorities, string Certificate, string Key)
{
    public static readonly EtcdTls System = new("", "", "");

    /// <exception cref="AuthenticationException">With what an operator can do about it.</exception>
    public async Task<Stream> SecureAsync(Stream plain, string host, CancellationToken cancellation)
    {
        string? refusal = null;
        var stream = new SslStream(plain, leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    ApplicationProtocols = [SslApplicationProtocol.Http2],
                    ClientCertificateContext = Own(),
                    CertificateChainPolicy = Trust(),
                    RemoteCertificateValidationCallback = (_, shown, chain, errors) =>
                    {
                        refusal = TlsTrouble.WithShown(
                            shown, chain, errors, Authorities, "cluster.etcd.ca-file");
                        return refusal is null;
                    },
                },
                cancellation);
            return stream;
        }
        catch (AuthenticationException error)
        {
            await stream.DisposeAsync();
            throw new AuthenticationException(refusal ?? Explain(error) ?? error.Message, error);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether a member may have refused this node's certificate: with TLS 1.3 it does so when this side is
    /// done with the handshake, and the client of HTTP/2 keeps the reason to itself. Null when the trouble is
    /// another.</summary>
    public static string? Explain(Exception problem) =>
        problem.InnerException is IOException { InnerException: ObjectDisposedException }
        || TlsTrouble.IsAboutOwn(problem)
            ? "it hung up after the TLS handshake, as it does when it refuses this node's certificate; "
                + "cluster.etcd.certificate and cluster.etcd.key must be what an authority of etcd's --trusted-ca-file "
                + "signed"
            : null;

    private SslStreamCertificateContext? Own()
    {
        if (Certificate.Length == 0)
        {
            return null;
        }

        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(Certificate);
            return SslStreamCertificateContext.Create(
                X509Certificate2.CreateFromPemFile(Certificate, Key), chain, offline: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new AuthenticationException(
                $"cluster.etcd.certificate {Certificate} or cluster.etcd.key {Key}: {problem.Message}", problem);
        }
    }

    private X509ChainPolicy? Trust()
    {
        if (Authorities.Length == 0)
        {
            return null;
        }

        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(Authorities);
            return policy;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new AuthenticationException($"cluster.etcd.ca-file {Authorities}: {problem.Message}", problem);
        }
    }
}
