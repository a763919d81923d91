using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Proxy.Cluster.Engine.Etcd;

/// <summary>The HTTP/2 connections to the members.</summary>
internal static class EtcdTransport
{
    public static HttpMessageInvoker Create(EtcdOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = options.Deadline / 2,
            // A member that was cut off keeps its connection for minutes otherwise. Not below 5.5 s, see WatchPatience.
            KeepAlivePingDelay = TimeSpan.FromSeconds(6),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(3),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            ActivityHeadersPropagator = null,
        };
        if (options.ClientCertificate is { } certificate)
        {
            handler.SslOptions.ClientCertificateContext =
                SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        }

        if (options.TrustedRoots is { } roots)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.AddRange(roots);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        return new HttpMessageInvoker(handler);
    }
}
