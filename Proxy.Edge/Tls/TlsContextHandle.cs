using System.Text;
using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>An SSL_CTX. Connections hold references of their own inside OpenSSL, so freeing this one breaks none of
/// them.</summary>
internal sealed unsafe class TlsContextHandle
{
    private readonly List<(nint Certificate, byte[] Response)> _ocsp = [];

    public TlsContextHandle(nint method)
    {
        Handle = Ssl.SSL_CTX_new(method);
        if (Handle == 0)
        {
            throw new TlsConfigurationException($"OpenSSL: {OpenSslLibrary.TakeError()}");
        }

        // RELEASE_BUFFERS: an idle connection owns no record buffers. Partial writes and a moving buffer: what did not
        // fit is offered again from another place.
        _ = Ssl.SSL_CTX_ctrl(
            Handle, Ssl.SSL_CTRL_MODE,
            Ssl.SSL_MODE_RELEASE_BUFFERS | Ssl.SSL_MODE_ENABLE_PARTIAL_WRITE | Ssl.SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER,
            0);
        _ = Ssl.SSL_CTX_set_options(Handle, Ssl.SSL_OP_NO_COMPRESSION | Ssl.SSL_OP_NO_RENEGOTIATION);
    }

    ~TlsContextHandle()
    {
        _ocsp?.ForEach(static pair => Crypto.X509_free(pair.Certificate));
        Ssl.SSL_CTX_free(Handle);
    }

    public nint Handle { get; }

    public void SetVersions(TlsVersion min, TlsVersion max)
    {
        _ = Ssl.SSL_CTX_ctrl(Handle, Ssl.SSL_CTRL_SET_MIN_PROTO_VERSION, min.Number(), 0);
        _ = Ssl.SSL_CTX_ctrl(Handle, Ssl.SSL_CTRL_SET_MAX_PROTO_VERSION, max.Number(), 0);
    }

    /// <exception cref="TlsConfigurationException">A name is not known.</exception>
    public void SetSuites(string tls12, string tls13, IReadOnlyList<string> groups)
    {
        fixed (byte* old = Zero(tls12), modern = Zero(tls13), groupList = Zero(string.Join(':', groups)))
        {
            Check(Ssl.SSL_CTX_set_cipher_list(Handle, old), $"cipher suites \"{tls12}\"");
            Check(Ssl.SSL_CTX_set_ciphersuites(Handle, modern), $"cipher suites \"{tls13}\"");
            Check(
                (int)Ssl.SSL_CTX_ctrl(Handle, Ssl.SSL_CTRL_SET_GROUPS_LIST, 0, (nint)groupList),
                $"key exchange groups \"{string.Join(", ", groups)}\"");
        }
    }

    /// <summary>Adds a chain with its key; an RSA and an ECDSA pair may stand side by side.</summary>
    /// <exception cref="TlsConfigurationException">One of them cannot be read, or they do not fit.</exception>
    public void AddCertificate(TlsCertificate certificate)
    {
        List<nint> chain = PemReader.Certificates(certificate.ChainPem);
        nint key = PemReader.PrivateKey(certificate.KeyPem, certificate.KeyPassword);
        try
        {
            Check(chain.Count, $"{certificate.Name}: no certificate in it");
            Check(key == 0 ? 0 : 1, $"{certificate.Name}: {KeyProblem(certificate)}");
            Check(Ssl.SSL_CTX_use_certificate(Handle, chain[0]), $"{certificate.Name}: certificate");
            Check(
                Ssl.SSL_CTX_use_PrivateKey(Handle, key),
                $"{certificate.Name}: the key does not belong to the certificate");
            for (int i = 1; i < chain.Count; i++)
            {
                // 1: the context takes a reference of its own.
                _ = Ssl.SSL_CTX_ctrl(Handle, Ssl.SSL_CTRL_CHAIN_CERT, 1, chain[i]);
            }

            if (certificate.OcspResponse is { } response)
            {
                _ocsp.Add((chain[0], response));
                chain.RemoveAt(0);
            }
        }
        finally
        {
            chain.ForEach(Crypto.X509_free);
            Crypto.EVP_PKEY_free(key);
        }
    }

    /// <summary>The OCSP response for the certificate that is about to be shown, or null.</summary>
    public byte[]? OcspResponse(nint certificate)
    {
        foreach ((nint known, byte[] response) in _ocsp)
        {
            if (known == certificate)
            {
                return response;
            }
        }

        return null;
    }

    // "ENCRYPTED" is in the label of PKCS #8 and in the Proc-Type line of the older form.
    private static string KeyProblem(TlsCertificate certificate) =>
        certificate.KeyPem.AsSpan().IndexOf("ENCRYPTED"u8) >= 0
            ? "the password does not open its key"
            : "its key cannot be read";

    private static byte[] Zero(string text) => Encoding.ASCII.GetBytes(text + "\0");

    private static void Check(int result, string what)
    {
        if (result <= 0)
        {
            string reason = OpenSslLibrary.TakeError();
            throw new TlsConfigurationException(reason == "unknown error" ? what : $"{what} ({reason})");
        }
    }
}
