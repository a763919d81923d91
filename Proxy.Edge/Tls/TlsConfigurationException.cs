namespace Proxy.Edge.Tls;

/// <summary>Certificates or rules that OpenSSL does not take. The message is for the operator; it names the certificate
/// and never shows key bytes.</summary>
public sealed class TlsConfigurationException(string message) : Exception(message);
