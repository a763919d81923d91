using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>What the handshake of one client found out, and the ticket it ends with. It keeps the context alive as long
/// as its connection. Loop thread only.</summary>
internal sealed unsafe class TlsServerHandshake(TlsServerContext context)
{
    public TlsServerContext Context { get; } = context;

    /// <summary>As the client gave it, lower case; empty when it gave none.</summary>
    public string ServerName { get; set; } = "";

    public TlsHost? Host { get; set; }

    /// <summary>The client is a certificate authority that validates a name; nothing but the handshake is
    /// wanted.</summary>
    public bool IsChallenge { get; set; }

    public TlsFailure Failure { get; set; }

    /// <summary>The loop's time, as far as early data asks for it.</summary>
    public long Now { get; set; }

    /// <summary>TLS 1.3 gives tickets after the handshake (RFC 8446 §4.6.1), and this client has none yet. When its
    /// request came with the end of the handshake, the ticket goes in front of the answer and needs no segment of its
    /// own. Otherwise it goes at once: Nagle's algorithm may keep the request back at the client until what it sent is
    /// acknowledged, and the kernel waits 40 ms for something of ours to say that with.</summary>
    public bool OwesTicket { get; private set; }

    public void Finish(nint ssl) =>
        OwesTicket = Context.Policy.Tickets && Ssl.SSL_version(ssl) >= Ssl.TLS1_3_VERSION;

    /// <summary>SSL_write with the ticket in front.</summary>
    public int WriteWithTicket(nint ssl, byte* bytes, int count)
    {
        OwesTicket = false;
        _ = Ssl.SSL_new_session_ticket(ssl);
        return TlsCallbacks.Write(ssl, bytes, count, this);
    }

    public void SendTicket(nint ssl)
    {
        OwesTicket = false;
        _ = Ssl.SSL_new_session_ticket(ssl);
        _ = TlsCallbacks.Step(ssl, this);
    }
}
