using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>The time between the end of a handshake and the moment when <see cref="TlsRecords"/> takes the place of
/// OpenSSL: what is read and written meanwhile has to be counted, for the numbers of records are part of their
/// protection. Connections that are closed after one answer never get that far. Loop thread only.</summary>
internal sealed unsafe class TlsHandover
{
    private readonly TlsRecordSuite _suite;
    private readonly TlsSecretPlaces _places;
    private readonly bool _isServer;
    private readonly int _count;
    private byte* _secrets;
    private RecordCounter _read;
    private RecordCounter _written;

    private TlsHandover(nint ssl, TlsRecordSuite suite, TlsSecretPlaces places, bool isServer)
    {
        _suite = suite;
        _places = places;
        _isServer = isServer;
        _count = 2 * suite.HashBytes;
        // The garbage collector would leave copies behind when it moves an array.
        _secrets = (byte*)NativeMemory.Alloc((nuint)_count);
        Read(ssl, Secrets);
    }

    /// <summary>Null when OpenSSL is to keep the connection: an older version of TLS, or a suite not known
    /// here.</summary>
    public static TlsHandover? Begin(nint ssl, bool isServer) =>
        Ssl.SSL_version(ssl) == Ssl.TLS1_3_VERSION
        && TlsSecretPlaces.Known is { } places
        && TlsRecordSuite.Of(ssl) is { } suite
            ? new TlsHandover(ssl, suite, places, isServer)
            : null;

    public void CountRead(ReadOnlySpan<byte> input) => _read.Feed(input);

    public void CountWritten(ReadOnlySpan<byte> output) => _written.Feed(output);

    /// <summary>The connection's further records; null while OpenSSL is in the middle of one, and for ever when keys
    /// have been changed already.</summary>
    public TlsRecords? TryFinish(nint ssl, TlsCipherSlots ciphers)
    {
        if (!_read.IsBetween || !_written.IsBetween || Ssl.SSL_has_pending(ssl) != 0)
        {
            return null;
        }

        Span<byte> now = stackalloc byte[_count];
        Read(ssl, now);
        bool same = now.SequenceEqual(Secrets);
        CryptographicOperations.ZeroMemory(now);
        if (!same)
        {
            return null;
        }

        ReadOnlySpan<byte> client = Secrets[.._suite.HashBytes];
        ReadOnlySpan<byte> server = Secrets[_suite.HashBytes..];
        return _isServer
            ? new TlsRecords(ciphers, _suite, client, _read.Count, server, _written.Count)
            : new TlsRecords(ciphers, _suite, server, _read.Count, client, _written.Count);
    }

    /// <summary>Overwrites its copy of the secrets; nothing else may follow.</summary>
    public void Forget()
    {
        CryptographicOperations.ZeroMemory(Secrets);
        NativeMemory.Free(_secrets);
        _secrets = null;
    }

    private Span<byte> Secrets => new(_secrets, _secrets == null ? 0 : _count);

    private void Read(nint ssl, Span<byte> into)
    {
        _places.Read(ssl, client: true, into[.._suite.HashBytes]);
        _places.Read(ssl, client: false, into[_suite.HashBytes..]);
    }
}
