namespace Proxy.Edge.Tls;

/// <summary>Rules and certificates of a listener, compiled for OpenSSL. Immutable; shared by all loops.</summary>
public sealed class TlsServerContext
{
}
