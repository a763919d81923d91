using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>Rules for connecting to origins, compiled for OpenSSL. Immutable; shared by all loops.</summary>
public sealed unsafe class TlsClientContext
{
    private readonly TlsContextHandle _context;
    private readonly TlsStore? _store;

    /// <exception cref="TlsConfigurationException">OpenSSL is missing, or takes something not.</exception>
    public TlsClientContext(TlsClientPolicy policy)
    {
        if (OpenSslLibrary.Problem() is { } problem)
        {
            throw new TlsConfigurationException(problem);
        }

        Policy = policy;
        _context = new TlsContextHandle(Ssl.TLS_client_method());
        _context.SetVersions(policy.MinVersion, policy.MaxVersion);
        if (policy.Certificate is { } own)
        {
            _context.AddCertificate(own);
        }

        if (policy.CaPem.Length > 0)
        {
            _store = new TlsStore(policy.CaPem, policy.CrlPem);
        }
        else if (policy.Verify)
        {
            _ = Ssl.SSL_CTX_set_default_verify_paths(Handle);
        }

        // OpenSSL keeps no session: it would resume with any origin of the same rules.
        const int Cache = Ssl.SSL_SESS_CACHE_CLIENT | Ssl.SSL_SESS_CACHE_NO_INTERNAL;
        _ = Ssl.SSL_CTX_ctrl(Handle, Ssl.SSL_CTRL_SET_SESS_CACHE_MODE, Cache, 0);
        delegate* unmanaged<nint, nint, int> session = &OnSession;
        Ssl.SSL_CTX_sess_set_new_cb(Handle, (nint)session);
        Ssl.SSL_CTX_set_verify(Handle, policy.Verify ? Ssl.SSL_VERIFY_PEER : Ssl.SSL_VERIFY_NONE, 0);
    }

    public TlsClientPolicy Policy { get; }

    internal nint Handle => _context.Handle;

    /// <summary>The origin of the connection in hand has given a session. 1 = it is ours to free.</summary>
    [UnmanagedCallersOnly]
    private static int OnSession(nint ssl, nint session)
    {
        TlsLoop shared = TlsLoop.Of(ssl);
        return shared.OutOwner?.Origin is { } origin && origin.Keep(session, shared.Loop.Now) ? 1 : 0;
    }

    /// <summary>Tells a connection whom it is to reach.</summary>
    internal void Prepare(nint ssl, string name, TlsOffer offer)
    {
        ReadOnlySpan<byte> alpn = offer switch
        {
            TlsOffer.Http1 => "\x08http/1.1"u8,
            TlsOffer.Http2 => "\x02h2"u8,
            _ => "\x02h2\x08http/1.1"u8,
        };
        fixed (byte* bytes = alpn)
        {
            _ = Ssl.SSL_set_alpn_protos(ssl, bytes, (uint)alpn.Length);
        }

        if (_store is not null)
        {
            _ = Ssl.SSL_ctrl(ssl, Ssl.SSL_CTRL_SET_VERIFY_CERT_STORE, 1, _store.Handle);
        }

        if (name.Length == 0)
        {
            return;
        }

        fixed (byte* text = Encoding.ASCII.GetBytes(name + "\0"))
        {
            if (IPAddress.TryParse(name, out _))
            {
                // An address is not sent (RFC 6066 §3), but verified.
                _ = Crypto.X509_VERIFY_PARAM_set1_ip_asc(Ssl.SSL_get0_param(ssl), text);
                return;
            }

            _ = Ssl.SSL_ctrl(ssl, Ssl.SSL_CTRL_SET_TLSEXT_HOSTNAME, 0, (nint)text);
            _ = Ssl.SSL_set1_host(ssl, text);
        }
    }
}
