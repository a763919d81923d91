using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Proxy.Edge.Tls;

/// <summary>What protects one direction of a connection (RFC 8446 §7.3). Lives in memory that the garbage collector
/// does not copy, and is wiped by its owner.</summary>
internal unsafe struct TlsRecordKeys
{
    public const int MaxSecret = 48;
    public const int IvBytes = 12;
    private const int MaxKey = 32;

    /// <summary>Records protected with these keys so far.</summary>
    public ulong Sequence;
    private fixed byte _secret[MaxSecret];
    private fixed byte _key[MaxKey];
    private fixed byte _iv[IvBytes];

    [UnscopedRef]
    public ReadOnlySpan<byte> Key => MemoryMarshal.CreateReadOnlySpan(ref _key[0], MaxKey);

    public void Set(TlsRecordSuite suite, ReadOnlySpan<byte> secret, ulong sequence)
    {
        Span<byte> own = MemoryMarshal.CreateSpan(ref _secret[0], suite.HashBytes);
        secret.CopyTo(own);
        Expand(suite, own, "key"u8, MemoryMarshal.CreateSpan(ref _key[0], suite.KeyBytes));
        Expand(suite, own, "iv"u8, MemoryMarshal.CreateSpan(ref _iv[0], IvBytes));
        Sequence = sequence;
    }

    /// <summary>The next generation of keys (§7.2).</summary>
    public void Update(TlsRecordSuite suite)
    {
        Span<byte> next = stackalloc byte[suite.HashBytes];
        Expand(suite, MemoryMarshal.CreateSpan(ref _secret[0], suite.HashBytes), "traffic upd"u8, next);
        Set(suite, next, 0);
        CryptographicOperations.ZeroMemory(next);
    }

    /// <summary>The nonce of the next record (§5.3), which is counted.</summary>
    public void TakeNonce(Span<byte> nonce)
    {
        MemoryMarshal.CreateReadOnlySpan(ref _iv[0], IvBytes).CopyTo(nonce);
        ulong tail = BinaryPrimitives.ReadUInt64BigEndian(nonce[4..]);
        BinaryPrimitives.WriteUInt64BigEndian(nonce[4..], tail ^ Sequence++);
    }

    /// <summary>HKDF-Expand-Label without a context (§7.1).</summary>
    private static void Expand(
        TlsRecordSuite suite, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> label, Span<byte> into)
    {
        ReadOnlySpan<byte> prefix = "tls13 "u8;
        Span<byte> info = stackalloc byte[4 + prefix.Length + label.Length];
        BinaryPrimitives.WriteUInt16BigEndian(info, (ushort)into.Length);
        info[2] = (byte)(prefix.Length + label.Length);
        prefix.CopyTo(info[3..]);
        label.CopyTo(info[(3 + prefix.Length)..]);
        info[^1] = 0;
        HKDF.Expand(suite.Hash, secret, into, info);
    }
}
