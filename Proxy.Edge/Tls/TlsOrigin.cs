using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>An origin under one identity — rules of trust, and the name that its certificate must have — and the
/// sessions that one loop may resume with it. Another identity is another object, so that nobody is trusted for what
/// somebody else has proven. Loop thread only.</summary>
public sealed class TlsOrigin(TlsLoop shared, TlsClientContext context, string name)
{
    /// <summary>Two are what most servers give with a handshake.</summary>
    internal const int Most = 4;

    /// <summary>A resumed handshake looks at no certificate, so the last look may be so old; microseconds.</summary>
    internal const long Lifetime = 3_600_000_000;

    private readonly List<(nint Session, long Since)> _kept = [];
    private bool _closed;

    public TlsClientContext Context => context;

    /// <summary>For SNI and in the certificate; an IP address is not sent but must be in the certificate.</summary>
    public string Name => name;

    internal int Count => _kept.Count;

    /// <summary>The identity is not used any more.</summary>
    public void Close()
    {
        _closed = true;
        Clear();
    }

    /// <summary>Takes a session over that the origin gave. False when it is not kept.</summary>
    internal bool Keep(nint session, long now)
    {
        if (_kept.Count == Most)
        {
            RemoveAt(0);
        }

        if (_closed || shared.OriginSessions >= TlsLoop.MostOriginSessions)
        {
            return false;
        }

        _kept.Add((session, now));
        shared.OriginSessions++;
        return true;
    }

    /// <summary>Lets a connection try the newest session. With TLS 1.3 each is good for one connection, so that nobody
    /// on the way can tell that two are of the same client (RFC 8446 appendix C.4).</summary>
    internal void Offer(nint ssl, long now)
    {
        int last = _kept.Count - 1;
        if (last < 0)
        {
            return;
        }

        (nint session, long since) = _kept[last];
        if (now - since >= Lifetime)
        {
            // The others are older still.
            Clear();
            return;
        }

        _ = Ssl.SSL_set_session(ssl, session);
        if (Ssl.SSL_SESSION_get_protocol_version(session) >= Ssl.TLS1_3_VERSION)
        {
            RemoveAt(last);
        }
    }

    internal void Clear()
    {
        while (_kept.Count > 0)
        {
            RemoveAt(_kept.Count - 1);
        }
    }

    private void RemoveAt(int index)
    {
        Ssl.SSL_SESSION_free(_kept[index].Session);
        _kept.RemoveAt(index);
        shared.OriginSessions--;
    }
}
