using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>Versions as OpenSSL numbers them.</summary>
internal static class TlsVersions
{
    public static int Number(this TlsVersion version) =>
        version == TlsVersion.Tls13 ? Ssl.TLS1_3_VERSION : Ssl.TLS1_2_VERSION;
}
