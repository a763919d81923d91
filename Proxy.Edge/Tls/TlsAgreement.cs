using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>What a handshake agreed on, as logs show it. Immutable; one for all connections that agreed on the
/// same.</summary>
public sealed class TlsAgreement
{
    public static readonly TlsAgreement None = new([], []);

    // OpenSSL names a version and a cipher by addresses that stay; there are a few of each.
    private static readonly ConcurrentDictionary<(nint Version, nint Cipher), TlsAgreement> Known = new();

    private readonly byte[] _version;
    private readonly byte[] _cipher;

    private TlsAgreement(byte[] version, byte[] cipher) => (_version, _cipher) = (version, cipher);

    /// <summary>"TLSv1.3" or "TLSv1.2".</summary>
    public ReadOnlySpan<byte> Version => _version;

    /// <summary>By OpenSSL's name, as in the configuration.</summary>
    public ReadOnlySpan<byte> Cipher => _cipher;

    internal static unsafe TlsAgreement Of(nint ssl)
    {
        nint version = (nint)Ssl.SSL_get_version(ssl);
        nint cipher = (nint)Ssl.SSL_CIPHER_get_name(Ssl.SSL_get_current_cipher(ssl));
        return Known.GetOrAdd(
            (version, cipher), static names => new TlsAgreement(Bytes(names.Version), Bytes(names.Cipher)));
    }

    private static unsafe byte[] Bytes(nint zeroTerminated) =>
        MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)zeroTerminated).ToArray();
}
