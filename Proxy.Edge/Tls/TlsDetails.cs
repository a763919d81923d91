using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>Facts of a finished handshake.</summary>
/// <param name="Version">"TLSv1.3" or "TLSv1.2".</param>
/// <param name="Cipher">The suite by its standard name.</param>
/// <param name="Resumed">The client brought a ticket that was good.</param>
/// <param name="PeerChain">DER of the peer's certificates, leaf first; empty when it showed none. They were verified
/// when a rule asked for it.</param>
public sealed record TlsDetails(string Version, string Cipher, bool Resumed, IReadOnlyList<byte[]> PeerChain)
{
    internal static unsafe TlsDetails Read(nint ssl) => new(
        OpenSslLibrary.Text(Ssl.SSL_get_version(ssl)),
        OpenSslLibrary.Text(Ssl.SSL_CIPHER_standard_name(Ssl.SSL_get_current_cipher(ssl))),
        Ssl.SSL_session_reused(ssl) == 1,
        ReadChain(ssl));

    /// <summary>What ALPN agreed on; empty when nothing. Valid as long as the connection.</summary>
    internal static unsafe ReadOnlySpan<byte> Protocol(nint ssl)
    {
        byte* data;
        uint length;
        Ssl.SSL_get0_alpn_selected(ssl, &data, &length);
        return new ReadOnlySpan<byte>(data, (int)length);
    }

    internal static List<byte[]> ReadChain(nint ssl)
    {
        var chain = new List<byte[]>();
        nint leaf = Ssl.SSL_get1_peer_certificate(ssl);
        if (leaf == 0)
        {
            return chain;
        }

        chain.Add(Der(leaf));
        Crypto.X509_free(leaf);
        // On a server's side OpenSSL's list leaves the leaf out.
        nint others = Ssl.SSL_get_peer_cert_chain(ssl);
        for (int i = 0; others != 0 && i < Crypto.OPENSSL_sk_num(others); i++)
        {
            byte[] der = Der(Crypto.OPENSSL_sk_value(others, i));
            if (!der.AsSpan().SequenceEqual(chain[0]))
            {
                chain.Add(der);
            }
        }

        return chain;
    }

    private static unsafe byte[] Der(nint certificate)
    {
        byte[] der = new byte[Crypto.i2d_X509(certificate, null)];
        fixed (byte* start = der)
        {
            byte* into = start;
            _ = Crypto.i2d_X509(certificate, &into);
        }

        return der;
    }
}
