using System.Text;
using Proxy.Edge.Http;

namespace Proxy.Edge.Http1;

/// <summary>What a message says about its own connection (RFC 9110 §7.6.1), and which fields therefore end
/// here.</summary>
internal static class ConnectionOptions
{
    /// <summary>Fields that are never forwarded as received. Transfer-Encoding is among them because the writer states
    /// the framing itself, TE and Upgrade because the writer repeats them for the next hop when it wants them. The
    /// Proxy-* fields are credentials for a proxy, not for an origin. Trailer is not: it announces end-to-end
    /// fields.</summary>
    public const ulong HopByHop =
        (1UL << (int)HeaderId.Connection)
        | (1UL << (int)HeaderId.KeepAlive)
        | (1UL << (int)HeaderId.ProxyConnection)
        | (1UL << (int)HeaderId.Te)
        | (1UL << (int)HeaderId.TransferEncoding)
        | (1UL << (int)HeaderId.Upgrade)
        | (1UL << (int)HeaderId.Http2Settings)
        | (1UL << (int)HeaderId.ProxyAuthenticate)
        | (1UL << (int)HeaderId.ProxyAuthorization)
        | (1UL << (int)HeaderId.ProxyAuthenticationInfo);

    /// <summary>Options of all Connection fields together. Each may name a field, and is then compared with every
    /// field: without a bound one head could cost millions of comparisons. Real messages have at most three.</summary>
    public const int MaxOptions = 32;

    /// <summary>Reads the Connection fields and marks what they name. A field the proxy knows by number is not stripped
    /// however it is named: those are all end-to-end (or always stripped anyway), and a client that could make us
    /// remove Host, Content-Length, Cookie, Authorization or X-Forwarded-For would be deciding what the origin
    /// believes. RFC 9110 §7.6.1 forbids a sender to name end-to-end fields, so nothing honest is lost.</summary>
    public static HeadFault Apply(MessageHead head)
    {
        if (!head.Has(HeaderId.Connection))
        {
            return HeadFault.None;
        }

        bool upgrade = false;
        int options = 0;
        for (int i = 0; i < head.FieldCount; i++)
        {
            if (head.Fields[i].Id == HeaderId.Connection)
            {
                HeadFault fault = ApplyList(head, head.Value(i), ref options, ref upgrade);
                if (fault != HeadFault.None)
                {
                    return fault;
                }
            }
        }

        // HTTP/1.0 has no upgrade: a server must ignore it there (RFC 9110 §7.8).
        head.HasUpgrade = upgrade && head.Has(HeaderId.Upgrade) && !head.IsHttp10;
        return HeadFault.None;
    }

    private static HeadFault ApplyList(MessageHead head, ReadOnlySpan<byte> list, ref int options, ref bool upgrade)
    {
        while (ListElements.TryNext(ref list, out ReadOnlySpan<byte> option))
        {
            if (option.IsEmpty)
            {
                continue; // Empty elements are to be ignored, RFC 9110 §5.6.1.2.
            }

            if (++options > MaxOptions)
            {
                return HeadFault.BadConnection;
            }

            if (Ascii.EqualsIgnoreCase(option, "keep-alive"u8))
            {
                head.HasKeepAlive = true;
            }
            else if (Ascii.EqualsIgnoreCase(option, "close"u8))
            {
                head.HasClose = true;
            }
            else if (Ascii.EqualsIgnoreCase(option, "upgrade"u8))
            {
                upgrade = true;
            }
            else if (!HttpToken.IsToken(option))
            {
                return HeadFault.BadConnection;
            }
            else if (HeaderNames.Recognise(option) == HeaderId.Other)
            {
                MarkNamed(head, option);
            }
        }

        return HeadFault.None;
    }

    private static void MarkNamed(MessageHead head, ReadOnlySpan<byte> name)
    {
        for (int i = head.IndexOf(name); i >= 0; i = head.IndexOf(name, i + 1))
        {
            head.Fields[i].HopByHop = true;
        }
    }
}
