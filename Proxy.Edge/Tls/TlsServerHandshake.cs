namespace Proxy.Edge.Tls;

/// <summary>What the handshake of one client found out. It keeps the context alive as long as its connection.</summary>
internal sealed class TlsServerHandshake(TlsServerContext context)
{
    public TlsServerContext Context { get; } = context;

    /// <summary>As the client gave it, lower case; empty when it gave none.</summary>
    public string ServerName { get; set; } = "";

    public TlsHost? Host { get; set; }

    /// <summary>The client is a certificate authority that validates a name; nothing but the handshake is
    /// wanted.</summary>
    public bool IsChallenge { get; set; }

    public TlsFailure Failure { get; set; }
}
