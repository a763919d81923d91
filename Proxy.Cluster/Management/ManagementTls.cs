using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Proxy.Cluster.Management;

/// <summary>Certificates of the management listener: its own, and whom it lets in.</summary>
/// <param name="Certificate">Full path of a PEM file, the node's own certificate first.</param>
/// <param name="Key">Full path of a PEM file.</param>
/// <param name="ClientCaFile">Full path of a PEM bundle: callers must present a certificate of one of these; empty =
/// they need none.</param>
internal sealed record ManagementTls(string Certificate, string Key, string ClientCaFile)
{
    private readonly Lock _gate = new();
    private DateTime _written;
    private SslStreamCertificateContext? _context;

    /// <summary>Throws IOException with the reason when the files cannot be used.</summary>
    public TlsHandshakeCallbackOptions Options()
    {
        try
        {
            Current();
            X509Certificate2Collection? clients = null;
            if (ClientCaFile.Length > 0)
            {
                clients = [];
                clients.ImportFromPemFile(ClientCaFile);
            }

            return new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(ForConnection(clients)),
            };
        }
        catch (Exception problem) when (problem is CryptographicException or UnauthorizedAccessException)
        {
            throw new IOException($"{Certificate}: {problem.Message}", problem);
        }
    }

    private SslServerAuthenticationOptions ForConnection(X509Certificate2Collection? clients) => new()
    {
        ServerCertificateContext = Current(),
        ClientCertificateRequired = clients is not null,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        ApplicationProtocols = [SslApplicationProtocol.Http11],
        RemoteCertificateValidationCallback = (_, presented, sent, _) =>
            clients is null || (presented is X509Certificate2 certificate && IsTrusted(certificate, sent, clients)),
    };

    private static bool IsTrusted(X509Certificate2 certificate, X509Chain? sent, X509Certificate2Collection authorities)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2")); // id-kp-clientAuth
        if (sent is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        }

        return chain.Build(certificate);
    }

    /// <summary>Renewed files are taken up with the next connection; broken ones leave the old certificate.</summary>
    private SslStreamCertificateContext Current()
    {
        lock (_gate)
        {
            DateTime written = File.GetLastWriteTimeUtc(Certificate);
            if (_context is not null && written == _written)
            {
                return _context;
            }

            try
            {
                X509Certificate2Collection all = [];
                all.ImportFromPemFile(Certificate);
                X509Certificate2 own = X509Certificate2.CreateFromPemFile(Certificate, Key);
                _context = SslStreamCertificateContext.Create(own, all, offline: true);
                _written = written;
            }
            catch (Exception) when (_context is not null)
            {
                // A renewal that is half written; the next connection looks again.
            }

            return _context!; // Not null: without one the exception has left.
        }
    }
}
