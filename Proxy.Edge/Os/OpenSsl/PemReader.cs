using System.Text;

namespace Proxy.Edge.Os.OpenSsl;

/// <summary>Turns PEM bytes into objects of libcrypto. Whoever gets one frees it.</summary>
internal static unsafe class PemReader
{
    /// <summary>All certificates of a PEM text, in order.</summary>
    public static List<nint> Certificates(ReadOnlySpan<byte> pem) => ReadAll(pem, &Crypto.PEM_read_bio_X509);

    public static List<nint> RevocationLists(ReadOnlySpan<byte> pem) => ReadAll(pem, &Crypto.PEM_read_bio_X509_CRL);

    /// <summary>The private key, or 0 when there is none or the password does not open it.</summary>
    public static nint PrivateKey(ReadOnlySpan<byte> pem, string password)
    {
        fixed (byte* bytes = pem)
        fixed (byte* phrase = Encoding.UTF8.GetBytes(password + "\0"))
        {
            nint bio = Crypto.BIO_new_mem_buf(bytes, pem.Length);
            // An empty pass phrase instead of none: OpenSSL would otherwise ask for one on the terminal.
            nint key = Crypto.PEM_read_bio_PrivateKey(bio, null, 0, (nint)phrase);
            _ = Crypto.BIO_free(bio);
            Crypto.ERR_clear_error();
            return key;
        }
    }

    private static List<nint> ReadAll(ReadOnlySpan<byte> pem, delegate*<nint, nint*, nint, nint, nint> read)
    {
        var found = new List<nint>();
        fixed (byte* bytes = pem)
        {
            nint bio = Crypto.BIO_new_mem_buf(bytes, pem.Length);
            while (read(bio, null, 0, 0) is var item && item != 0)
            {
                found.Add(item);
            }

            _ = Crypto.BIO_free(bio);
        }

        // The end of the text is reported as an error.
        Crypto.ERR_clear_error();
        return found;
    }
}
