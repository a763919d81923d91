using Proxy.Edge.Engine;

namespace Proxy.Edge.Tls;

/// <summary>What is known of a TLS connection; <see cref="TlsChannel"/> is how its bytes go. Loop thread
/// only.</summary>
public abstract class TlsConnection : Channel
{
    private protected readonly TlsServerHandshake? _server;
    private protected readonly TlsEarlyData? _earlyData;
    private protected readonly TlsSession _session;
    private protected readonly Channel _inner;
    private protected bool _handshaking = true;
    private protected bool _truncated;

    private protected TlsConnection(TlsSession session, TlsServerHandshake? server, Channel inner)
    {
        _session = session;
        _inner = inner;
        _server = server;
        _earlyData = server is { Context.Policy.MaxEarlyData: > 0 } ? new TlsEarlyData(server) : null;
    }

    public override long WrittenBytes => _inner.WrittenBytes;

    public override bool IsTruncated => _truncated;

    /// <summary>Whom a client's side reaches; it keeps the rules alive.</summary>
    internal TlsOrigin? Origin { get; private protected init; }

    /// <summary>Why the handshake failed, once the handler was told that it did.</summary>
    public TlsFailure Failure { get; private protected set; }

    /// <summary>The name the client asked for, lower case; empty when none.</summary>
    public string ServerName => _server?.ServerName ?? "";

    /// <summary>A client validating a name for ACME: close it.</summary>
    public bool IsChallenge => _server is { IsChallenge: true };

    /// <summary>Clients of this host are asked for a certificate.</summary>
    public bool AsksForCertificate => _server?.Host is { Auth.Policy.Mode: not ClientAuthentication.None };

    public bool IsResumed => _session.IsResumed;

    /// <summary>The handler is connected and is given early data (RFC 8446 §2.3), which may be a repetition of what
    /// somebody else sent: the handshake is not done yet. When it is, OnConnected is called once more.</summary>
    public bool IsEarly => _handshaking && _earlyData is { HasBegun: true };

    /// <summary>What a peer gets whose first bytes are no TLS at all, before the end; nothing by default.</summary>
    public byte[] AnswerToPlaintext { get; set; } = [];

    /// <summary>The rules a server's side was made by.</summary>
    public TlsServerContext? ServerContext => _server?.Context;

    /// <summary>OpenSSL's object is still there; see <see cref="TlsSession.TakeOver"/>.</summary>
    internal bool KeepsOpenSsl => _session.Handle != 0;

    /// <summary>See <see cref="TlsSession.Agreement"/>.</summary>
    public TlsAgreement Agreement => _session.Agreement;

    /// <summary>See <see cref="TlsSession.PeerCertificates"/>.</summary>
    public IReadOnlyList<byte[]> PeerCertificates => _session.PeerCertificates;

    /// <summary>Whether ALPN agreed on HTTP/2.</summary>
    public bool SpeaksHttp2 => _session.SpeaksHttp2;

    /// <summary>Encrypts one record of data to the loop's output. Returns the bytes it took; 0 = no more.</summary>
    internal unsafe int Write(byte* bytes, int count) => _session.Write(bytes, count, _server, _handshaking);
}
