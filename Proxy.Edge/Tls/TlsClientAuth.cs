using System.Security.Cryptography;
using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>A rule for client certificates, compiled. Sessions made under one rule cannot be resumed under another,
/// be it that of another host, of another listener or node with the same ticket keys, or the same host's before a
/// reload: the session id context is made from what the rule says.</summary>
internal sealed unsafe class TlsClientAuth
{
    private readonly TlsStore? _store;
    private readonly byte[] _sessionContext;

    /// <exception cref="TlsConfigurationException">The CA bundle or the list cannot be read.</exception>
    public TlsClientAuth(ClientAuthPolicy policy)
    {
        Policy = policy;
        _sessionContext = SessionContext(policy);
        if (policy.Mode != ClientAuthentication.None)
        {
            _store = new TlsStore(policy.CaPem, policy.CrlPem);
        }
    }

    public ClientAuthPolicy Policy { get; }

    /// <summary>Sets the rule on a connection whose handshake begins.</summary>
    public void Apply(nint ssl)
    {
        fixed (byte* id = _sessionContext)
        {
            _ = Ssl.SSL_set_session_id_context(ssl, id, (uint)_sessionContext.Length);
        }

        if (_store is null)
        {
            return;
        }

        int mode = Ssl.SSL_VERIFY_PEER;
        if (Policy.Mode == ClientAuthentication.Required)
        {
            mode |= Ssl.SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
        }

        Ssl.SSL_set_verify(ssl, mode, 0);
        Ssl.SSL_set_verify_depth(ssl, Policy.MaxDepth);
        // 1: the connection takes a reference of its own.
        _ = Ssl.SSL_ctrl(ssl, Ssl.SSL_CTRL_SET_VERIFY_CERT_STORE, 1, _store.Handle);
        Ssl.SSL_set0_CA_list(ssl, _store.NameList());
        GC.KeepAlive(_store);
    }

    /// <summary>32 bytes, the most OpenSSL takes. Each list is hashed by itself, so that where one ends and the next
    /// begins is part of it.</summary>
    private static byte[] SessionContext(ClientAuthPolicy policy) => SHA256.HashData(
    [
        (byte)policy.Mode, (byte)policy.MaxDepth,
        .. SHA256.HashData(policy.CaPem), .. SHA256.HashData(policy.CrlPem),
    ]);
}
