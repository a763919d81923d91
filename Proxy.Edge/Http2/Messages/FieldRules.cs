using System.Buffers;
using Proxy.Edge.Http;

namespace Proxy.Edge.Http2.Messages;

/// <summary>What a field may consist of (RFC 9113 §8.2.1), so that none becomes two when it is written as text, and
/// which fields belong to HTTP/1.1 connections only (§8.2.2).</summary>
internal static class FieldRules
{
    private static readonly SearchValues<byte> NameBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> LineBreakers = SearchValues.Create("\r\n\0"u8);

    private const ulong ConnectionFields =
        (1UL << (int)HeaderId.Connection) | (1UL << (int)HeaderId.KeepAlive) | (1UL << (int)HeaderId.ProxyConnection)
        | (1UL << (int)HeaderId.TransferEncoding) | (1UL << (int)HeaderId.Upgrade)
        | (1UL << (int)HeaderId.Http2Settings);

    /// <summary>Token characters without capitals.</summary>
    public static bool IsName(ReadOnlySpan<byte> name) => name.Length > 0 && !name.ContainsAnyExcept(NameBytes);

    public static bool IsValue(ReadOnlySpan<byte> value) =>
        value.IsEmpty
        || (!IsWhiteSpace(value[0]) && !IsWhiteSpace(value[^1]) && !value.ContainsAny(LineBreakers));

    public static bool BelongsToConnection(HeaderId id, ReadOnlySpan<byte> value) =>
        ((1UL << (int)id) & ConnectionFields) != 0
        || (id == HeaderId.Te && !value.SequenceEqual("trailers"u8));

    private static bool IsWhiteSpace(byte value) => value is (byte)' ' or (byte)'\t';
}
