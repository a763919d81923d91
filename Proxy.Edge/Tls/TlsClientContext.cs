namespace Proxy.Edge.Tls;

/// <summary>Rules for connecting to origins, compiled for OpenSSL. Immutable; shared by all loops.</summary>
public sealed class TlsClientContext
{
}
