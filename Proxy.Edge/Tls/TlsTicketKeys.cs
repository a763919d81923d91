using System.Security.Cryptography;
using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>The keys that session tickets are sealed with: the first seals, all of them open. Whoever shares them can
/// resume a session made elsewhere, so a cluster shares <see cref="Export"/> over an encrypted channel only. Live and
/// thread-safe; the keys are never logged.</summary>
public sealed unsafe class TlsTicketKeys
{
    /// <summary>16 bytes of name, 32 of AES-256 key, 32 of HMAC-SHA256 key.</summary>
    public const int KeyBytes = 80;

    private const int NameBytes = 16;
    private const int MaxKeys = 8;
    private byte[][] _keys;

    public TlsTicketKeys() => _keys = [RandomNumberGenerator.GetBytes(KeyBytes)];

    /// <summary>Early data that came with tickets of these keys.</summary>
    internal EarlyHellos EarlyHellos { get; } = new();

    /// <summary>Puts a fresh key in front and forgets all but <paramref name="keep"/> older ones.</summary>
    public void Rotate(int keep = 2) =>
        Replace([RandomNumberGenerator.GetBytes(KeyBytes), .. Volatile.Read(ref _keys).Take(keep)]);

    /// <summary>All keys, newest first, each <see cref="KeyBytes"/> long. Secret.</summary>
    public byte[] Export() => [.. Volatile.Read(ref _keys).SelectMany(static key => key)];

    /// <summary>Takes keys over that another node exported.</summary>
    /// <exception cref="ArgumentException">The length is not a multiple of <see cref="KeyBytes"/>.</exception>
    public void Import(ReadOnlySpan<byte> keys)
    {
        if (keys.Length == 0 || keys.Length % KeyBytes != 0)
        {
            throw new ArgumentException($"ticket keys come in pieces of {KeyBytes} bytes", nameof(keys));
        }

        var list = new byte[keys.Length / KeyBytes][];
        for (int i = 0; i < list.Length; i++)
        {
            list[i] = keys.Slice(i * KeyBytes, KeyBytes).ToArray();
        }

        Replace(list);
        EarlyHellos.Doubt();
    }

    /// <summary>OpenSSL wants to seal (<paramref name="seal"/> = 1) or open a ticket; answers as
    /// SSL_CTX_set_tlsext_ticket_key_evp_cb is to be answered: 0 = unknown key, 1 = done, 2 = done, and the ticket
    /// should be replaced.</summary>
    /// <param name="singleUse">The client throws a ticket away once it used it, as TLS 1.3 asks (RFC 8446 appendix
    /// C.4): without a new one its next handshake would be a full one.</param>
    internal int Serve(byte* name, byte* iv, nint cipher, nint mac, int seal, bool singleUse)
    {
        byte[][] keys = Volatile.Read(ref _keys);
        if (seal != 0)
        {
            keys[0].AsSpan(0, NameBytes).CopyTo(new Span<byte>(name, NameBytes));
            bool sealable = Crypto.RAND_bytes(iv, Crypto.EVP_AES_CBC_IV) == 1 && Init(keys[0], iv, cipher, mac, true);
            return sealable ? 1 : -1;
        }

        for (int i = 0; i < keys.Length; i++)
        {
            if (keys[i].AsSpan(0, NameBytes).SequenceEqual(new ReadOnlySpan<byte>(name, NameBytes)))
            {
                return !Init(keys[i], iv, cipher, mac, false) ? -1 : i == 0 && !singleUse ? 1 : 2;
            }
        }

        return 0;
    }

    private static bool Init(byte[] key, byte* iv, nint cipher, nint mac, bool seal)
    {
        fixed (byte* bytes = key)
        fixed (byte* keyName = "key\0"u8, digestName = "digest\0"u8, digest = "SHA256\0"u8)
        {
            OsslParam* parameters = stackalloc OsslParam[3];
            parameters[0] = new OsslParam
            {
                Key = keyName, Type = OsslParam.OctetString, Data = bytes + NameBytes + 32, Size = 32,
            };
            parameters[1] = new OsslParam
            {
                Key = digestName, Type = OsslParam.Utf8String, Data = digest, Size = 6,
            };
            parameters[2] = default;
            int ciphered = seal
                ? Crypto.EVP_EncryptInit_ex(cipher, Crypto.EVP_aes_256_cbc(), 0, bytes + NameBytes, iv)
                : Crypto.EVP_DecryptInit_ex(cipher, Crypto.EVP_aes_256_cbc(), 0, bytes + NameBytes, iv);
            return ciphered == 1 && Crypto.EVP_MAC_CTX_set_params(mac, parameters) == 1;
        }
    }

    private void Replace(byte[][] keys) => Volatile.Write(ref _keys, keys.Length > MaxKeys ? keys[..MaxKeys] : keys);
}
