using System.Collections.Concurrent;
using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>Certificates that answer ACME's TLS-ALPN-01 challenge (RFC 8737), by host in lower case. Live and
/// thread-safe; filled by whoever orders certificates, read in handshakes that offer "acme-tls/1".</summary>
public sealed class TlsChallenges
{
    private readonly ConcurrentDictionary<string, TlsContextHandle> _contexts = new(StringComparer.Ordinal);

    /// <exception cref="TlsConfigurationException">OpenSSL does not take the certificate.</exception>
    public void Add(string host, TlsCertificate certificate)
    {
        var context = new TlsContextHandle(Ssl.TLS_server_method());
        context.AddCertificate(certificate);
        TlsCallbacks.Install(context);
        _contexts[host] = context;
    }

    public void Remove(string host) => _contexts.TryRemove(host, out _);

    internal TlsContextHandle? Find(string host) => _contexts.GetValueOrDefault(host);
}
