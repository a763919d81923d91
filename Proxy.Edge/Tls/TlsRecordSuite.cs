using System.Security.Cryptography;
using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>A suite of TLS 1.3 (RFC 8446 §B.4): how records are sealed, and the hash that keys are derived with.
/// Immutable; the ciphers live as long as the process.</summary>
internal sealed unsafe class TlsRecordSuite
{
    public static readonly TlsRecordSuite[] All =
    [
        new(0, 0x1301, "TLS_AES_128_GCM_SHA256", "AES-128-GCM\0"u8,
            HashAlgorithmName.SHA256, keyBytes: 16, hashBytes: 32),
        new(1, 0x1302, "TLS_AES_256_GCM_SHA384", "AES-256-GCM\0"u8,
            HashAlgorithmName.SHA384, keyBytes: 32, hashBytes: 48),
        new(2, 0x1303, "TLS_CHACHA20_POLY1305_SHA256", "ChaCha20-Poly1305\0"u8,
            HashAlgorithmName.SHA256, keyBytes: 32, hashBytes: 32),
    ];

    private readonly int _id;

    private TlsRecordSuite(
        int index, int id, string name, ReadOnlySpan<byte> cipher,
        HashAlgorithmName hash, int keyBytes, int hashBytes)
    {
        Index = index;
        _id = id;
        Name = name;
        Hash = hash;
        KeyBytes = keyBytes;
        HashBytes = hashBytes;
        fixed (byte* cipherName = cipher)
        {
            Cipher = Crypto.EVP_CIPHER_fetch(0, cipherName, null);
        }
    }

    /// <summary>Place in <see cref="All"/>.</summary>
    public int Index { get; }

    /// <summary>EVP_CIPHER; 0 when this OpenSSL does not have it.</summary>
    public nint Cipher { get; }

    /// <summary>The standard name.</summary>
    public string Name { get; }

    public HashAlgorithmName Hash { get; }

    public int KeyBytes { get; }

    /// <summary>Bytes of a traffic secret.</summary>
    public int HashBytes { get; }

    /// <summary>The suite a connection has agreed on; null when it is none of these.</summary>
    public static TlsRecordSuite? Of(nint ssl)
    {
        int id = Ssl.SSL_CIPHER_get_protocol_id(Ssl.SSL_get_current_cipher(ssl));
        return Array.Find(All, one => one._id == id && one.Cipher != 0);
    }
}
