using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Proxy.Edge.Http;

/// <summary>Field names and their numbers. Called once per field line of every head, so it branches on the length and
/// then compares whole words; no hashing, no allocation.</summary>
public static class HeaderNames
{
    private const ulong LowerCase8 = 0x2020_2020_2020_2020;
    private const uint LowerCase4 = 0x2020_2020;

    /// <summary>Number of a field name in any case. The name must consist of token characters: the comparison folds
    /// case by setting one bit, which maps other bytes (CR to '-') onto characters of names.</summary>
    public static HeaderId Recognise(ReadOnlySpan<byte> name) =>
        Recognise(ref MemoryMarshal.GetReference(name), name.Length);

    /// <summary>The same for a name that starts at <paramref name="name"/>; exactly <paramref name="length"/> bytes are
    /// read.</summary>
    internal static HeaderId Recognise(ref byte name, int length)
    {
        switch (length)
        {
            case 2:
                return Is(ref name, "te"u8) ? HeaderId.Te : HeaderId.Other;
            case 3:
                return Is(ref name, "via"u8) ? HeaderId.Via : HeaderId.Other;
            case 4:
                return Is(ref name, "host"u8) ? HeaderId.Host
                    : Is(ref name, "date"u8) ? HeaderId.Date : HeaderId.Other;
            case 5:
                return Is(ref name, "range"u8) ? HeaderId.Range : HeaderId.Other;
            case 6:
                return Is(ref name, "cookie"u8) ? HeaderId.Cookie
                    : Is(ref name, "server"u8) ? HeaderId.Server
                    : Is(ref name, "origin"u8) ? HeaderId.Origin
                    : Is(ref name, "expect"u8) ? HeaderId.Expect : HeaderId.Other;
            case 7:
                return Seven(ref name);
            case 8:
                return Is(ref name, "location"u8) ? HeaderId.Location : HeaderId.Other;
            case 9:
                return Is(ref name, "forwarded"u8) ? HeaderId.Forwarded
                    : Is(ref name, "x-real-ip"u8) ? HeaderId.XRealIp : HeaderId.Other;
            case 10:
                return Is(ref name, "user-agent"u8) ? HeaderId.UserAgent
                    : Is(ref name, "connection"u8) ? HeaderId.Connection
                    : Is(ref name, "set-cookie"u8) ? HeaderId.SetCookie
                    : Is(ref name, "keep-alive"u8) ? HeaderId.KeepAlive : HeaderId.Other;
            case 11:
                return Is(ref name, "retry-after"u8) ? HeaderId.RetryAfter
                    : Is(ref name, "client-cert"u8) ? HeaderId.ClientCert : HeaderId.Other;
            case 12:
                return Is(ref name, "content-type"u8) ? HeaderId.ContentType
                    : Is(ref name, "x-request-id"u8) ? HeaderId.XRequestId
                    : Is(ref name, "max-forwards"u8) ? HeaderId.MaxForwards : HeaderId.Other;
            case 13:
                return Is(ref name, "cache-control"u8) ? HeaderId.CacheControl
                    : Is(ref name, "authorization"u8) ? HeaderId.Authorization : HeaderId.Other;
            case 14:
                return Is(ref name, "content-length"u8) ? HeaderId.ContentLength
                    : Is(ref name, "http2-settings"u8) ? HeaderId.Http2Settings : HeaderId.Other;
            case 15:
                return Is(ref name, "accept-encoding"u8) ? HeaderId.AcceptEncoding
                    : Is(ref name, "x-forwarded-for"u8) ? HeaderId.XForwardedFor : HeaderId.Other;
            default:
                return length <= 25 ? Long(ref name, length) : HeaderId.Other;
        }
    }

    /// <summary>The name as it is usually written; empty for <see cref="HeaderId.Other"/>.</summary>
    public static ReadOnlySpan<byte> Text(HeaderId id) => id switch
    {
        HeaderId.Other => default,
        HeaderId.Connection => "Connection"u8,
        HeaderId.KeepAlive => "Keep-Alive"u8,
        HeaderId.ProxyConnection => "Proxy-Connection"u8,
        HeaderId.Te => "TE"u8,
        HeaderId.Trailer => "Trailer"u8,
        HeaderId.TransferEncoding => "Transfer-Encoding"u8,
        HeaderId.Upgrade => "Upgrade"u8,
        HeaderId.ContentLength => "Content-Length"u8,
        HeaderId.Host => "Host"u8,
        HeaderId.Expect => "Expect"u8,
        HeaderId.Cookie => "Cookie"u8,
        HeaderId.SetCookie => "Set-Cookie"u8,
        HeaderId.Location => "Location"u8,
        HeaderId.ContentLocation => "Content-Location"u8,
        HeaderId.Refresh => "Refresh"u8,
        HeaderId.Via => "Via"u8,
        HeaderId.Forwarded => "Forwarded"u8,
        HeaderId.XForwardedFor => "X-Forwarded-For"u8,
        HeaderId.XForwardedHost => "X-Forwarded-Host"u8,
        HeaderId.XForwardedProto => "X-Forwarded-Proto"u8,
        HeaderId.XForwardedPort => "X-Forwarded-Port"u8,
        HeaderId.XForwardedPrefix => "X-Forwarded-Prefix"u8,
        HeaderId.XForwardedServer => "X-Forwarded-Server"u8,
        HeaderId.XRealIp => "X-Real-IP"u8,
        HeaderId.XRequestId => "X-Request-Id"u8,
        HeaderId.UserAgent => "User-Agent"u8,
        HeaderId.Referer => "Referer"u8,
        HeaderId.Authorization => "Authorization"u8,
        HeaderId.ContentType => "Content-Type"u8,
        HeaderId.ContentEncoding => "Content-Encoding"u8,
        HeaderId.Date => "Date"u8,
        HeaderId.Server => "Server"u8,
        HeaderId.MaxForwards => "Max-Forwards"u8,
        HeaderId.ProxyAuthenticate => "Proxy-Authenticate"u8,
        HeaderId.ProxyAuthorization => "Proxy-Authorization"u8,
        HeaderId.ProxyAuthenticationInfo => "Proxy-Authentication-Info"u8,
        HeaderId.Http2Settings => "HTTP2-Settings"u8,
        HeaderId.ClientCert => "Client-Cert"u8,
        HeaderId.ClientCertChain => "Client-Cert-Chain"u8,
        HeaderId.Range => "Range"u8,
        HeaderId.AcceptEncoding => "Accept-Encoding"u8,
        HeaderId.CacheControl => "Cache-Control"u8,
        HeaderId.RetryAfter => "Retry-After"u8,
        HeaderId.AltSvc => "Alt-Svc"u8,
        HeaderId.StrictTransportSecurity => "Strict-Transport-Security"u8,
        HeaderId.SecWebSocketKey => "Sec-WebSocket-Key"u8,
        HeaderId.SecWebSocketAccept => "Sec-WebSocket-Accept"u8,
        HeaderId.Origin => "Origin"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(id)),
    };

    private static HeaderId Seven(ref byte name) =>
        Is(ref name, "referer"u8) ? HeaderId.Referer
        : Is(ref name, "upgrade"u8) ? HeaderId.Upgrade
        : Is(ref name, "trailer"u8) ? HeaderId.Trailer
        : Is(ref name, "refresh"u8) ? HeaderId.Refresh
        : Is(ref name, "alt-svc"u8) ? HeaderId.AltSvc : HeaderId.Other;

    private static HeaderId Long(ref byte name, int length) => length switch
    {
        16 => Is(ref name, "content-encoding"u8) ? HeaderId.ContentEncoding
            : Is(ref name, "content-location"u8) ? HeaderId.ContentLocation
            : Is(ref name, "x-forwarded-host"u8) ? HeaderId.XForwardedHost
            : Is(ref name, "x-forwarded-port"u8) ? HeaderId.XForwardedPort
            : Is(ref name, "proxy-connection"u8) ? HeaderId.ProxyConnection : HeaderId.Other,
        17 => Is(ref name, "transfer-encoding"u8) ? HeaderId.TransferEncoding
            : Is(ref name, "x-forwarded-proto"u8) ? HeaderId.XForwardedProto
            : Is(ref name, "sec-websocket-key"u8) ? HeaderId.SecWebSocketKey
            : Is(ref name, "client-cert-chain"u8) ? HeaderId.ClientCertChain : HeaderId.Other,
        18 => Is(ref name, "x-forwarded-prefix"u8) ? HeaderId.XForwardedPrefix
            : Is(ref name, "x-forwarded-server"u8) ? HeaderId.XForwardedServer
            : Is(ref name, "proxy-authenticate"u8) ? HeaderId.ProxyAuthenticate : HeaderId.Other,
        19 => Is(ref name, "proxy-authorization"u8) ? HeaderId.ProxyAuthorization : HeaderId.Other,
        20 => Is(ref name, "sec-websocket-accept"u8) ? HeaderId.SecWebSocketAccept : HeaderId.Other,
        25 => Is(ref name, "strict-transport-security"u8) ? HeaderId.StrictTransportSecurity
            : Is(ref name, "proxy-authentication-info"u8) ? HeaderId.ProxyAuthenticationInfo : HeaderId.Other,
        _ => HeaderId.Other,
    };

    // The caller has checked that the lengths agree. Overlapping words cover the name without reading past it, and as
    // the literal's length is a constant only the loads of one branch remain after inlining.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Is(ref byte name, ReadOnlySpan<byte> lower)
    {
        ref byte known = ref MemoryMarshal.GetReference(lower);
        if (lower.Length >= 8)
        {
            ulong difference = Difference8(ref name, ref known, 0)
                | Difference8(ref name, ref known, lower.Length - 8);
            if (lower.Length > 16)
            {
                difference |= Difference8(ref name, ref known, 8);
            }

            if (lower.Length > 24)
            {
                difference |= Difference8(ref name, ref known, 16);
            }

            return difference == 0;
        }

        if (lower.Length >= 4)
        {
            return (Difference4(ref name, ref known, 0) | Difference4(ref name, ref known, lower.Length - 4)) == 0;
        }

        bool same = true;
        for (int i = 0; i < lower.Length; i++)
        {
            same &= (Unsafe.Add(ref name, i) | 0x20) == Unsafe.Add(ref known, i);
        }

        return same;
    }

    // Unaligned reads inside both texts; Unsafe only to leave out the bounds checks the lengths already give.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Difference8(ref byte name, ref byte lower, int at) =>
        (Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref name, at)) | LowerCase8)
        ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref lower, at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Difference4(ref byte name, ref byte lower, int at) =>
        (Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref name, at)) | LowerCase4)
        ^ Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref lower, at));
}
