using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>The certificates a peer showed, as DER, leaf first. They were verified when a rule asked for
/// it.</summary>
internal static class PeerChain
{
    /// <summary>Empty when it showed none.</summary>
    public static List<byte[]> Read(nint ssl)
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
