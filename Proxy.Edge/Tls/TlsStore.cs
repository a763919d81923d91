using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>CAs and revocation lists that peers' certificates are judged by. Freed when nothing uses it.</summary>
internal sealed unsafe class TlsStore
{
    private readonly nint _handle;
    private readonly List<nint> _authorities;

    /// <exception cref="TlsConfigurationException">There is no certificate, or a list cannot be read.</exception>
    public TlsStore(byte[] caPem, byte[] crlPem)
    {
        _authorities = PemReader.Certificates(caPem);
        _handle = Crypto.X509_STORE_new();
        if (_authorities.Count == 0)
        {
            throw new TlsConfigurationException("the CA bundle contains no certificate");
        }

        foreach (nint authority in _authorities)
        {
            _ = Crypto.X509_STORE_add_cert(_handle, authority);
        }

        if (crlPem.Length > 0)
        {
            AddRevocationLists(crlPem);
        }
    }

    ~TlsStore()
    {
        _authorities?.ForEach(Crypto.X509_free);
        Crypto.X509_STORE_free(_handle);
    }

    public nint Handle => _handle;

    /// <summary>Names of the CAs, for the request that a client gets: a new list that OpenSSL will own.</summary>
    public nint NameList()
    {
        nint names = Crypto.OPENSSL_sk_new_null();
        foreach (nint authority in _authorities)
        {
            _ = Crypto.OPENSSL_sk_push(names, Crypto.X509_NAME_dup(Crypto.X509_get_subject_name(authority)));
        }

        return names;
    }

    private void AddRevocationLists(byte[] crlPem)
    {
        List<nint> lists = PemReader.RevocationLists(crlPem);
        if (lists.Count == 0)
        {
            throw new TlsConfigurationException("the revocation list file contains no list");
        }

        foreach (nint list in lists)
        {
            _ = Crypto.X509_STORE_add_crl(_handle, list);
            Crypto.X509_CRL_free(list);
        }

        _ = Crypto.X509_STORE_set_flags(_handle, Crypto.X509_V_FLAG_CRL_CHECK);
    }
}
