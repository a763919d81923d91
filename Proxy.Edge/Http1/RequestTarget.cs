using System.Buffers;
using System.Text;
using Proxy.Edge.Http;

namespace Proxy.Edge.Http1;

/// <summary>Splits and judges the request target of a head whose TargetStart and TargetLength are set.
/// <code>
/// request-target = origin-form / absolute-form / authority-form / asterisk-form      RFC 9112 §3.2
/// </code>
/// Refused: controls, space, bytes from 128 on, '#', '"', '&lt;', '&gt;' anywhere; '\' , malformed percent-escapes and
/// %00 in the path. Tolerated though RFC 3986 wants them escaped, because browsers send them: '[' ']' '^' '`' '{' '|'
/// '}' everywhere, '\' and any use of '%' in the query. None of them separates anything for any reader of that part,
/// and the query is forwarded byte for byte.</summary>
internal static class RequestTarget
{
    // What needs no second look.
    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/[]^`{|}"u8);

    private static readonly SearchValues<byte> PlainQuery = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/[]^`{|}?%\\"u8);

    /// <summary>Sets Form, path, query and, for the forms that have one, the authority.</summary>
    public static HeadFault Read(RequestHead head)
    {
        ReadOnlySpan<byte> target = head.Target;
        if (head.Method == Method.Connect)
        {
            return ReadAuthorityForm(head, target);
        }

        if (target[0] == '/')
        {
            head.Form = TargetForm.Origin;
            return ReadPath(head, target, 0);
        }

        if (target is [(byte)'*'])
        {
            head.Form = TargetForm.Asterisk;
            head.PathStart = head.TargetStart;
            head.PathLength = 1;
            return head.Method == Method.Options ? HeadFault.None : HeadFault.BadTarget;
        }

        return ReadAbsoluteForm(head, target);
    }

    // CONNECT host:port, and the port is not optional (RFC 9112 §3.2.3).
    private static HeadFault ReadAuthorityForm(RequestHead head, ReadOnlySpan<byte> target)
    {
        int host = HostSyntax.HostLength(target);
        head.Form = TargetForm.Authority;
        head.PathStart = head.TargetStart + target.Length;
        head.AuthorityStart = head.TargetStart;
        head.AuthorityLength = target.Length;
        head.HostLength = host;
        return host > 0 && host < target.Length ? HeadFault.None : HeadFault.BadTarget;
    }

    private static HeadFault ReadAbsoluteForm(RequestHead head, ReadOnlySpan<byte> target)
    {
        int start = StartsWithIgnoreCase(target, "http://"u8) ? 7
            : StartsWithIgnoreCase(target, "https://"u8) ? 8 : 0;
        if (start == 0)
        {
            return HeadFault.BadTarget;
        }

        int length = target[start..].IndexOfAny("/?"u8);
        ReadOnlySpan<byte> authority = length < 0 ? target[start..] : target.Slice(start, length);
        int host = HostSyntax.HostLength(authority);
        if (host <= 0)
        {
            return HeadFault.BadTarget;
        }

        head.Form = TargetForm.Absolute;
        head.AuthorityStart = head.TargetStart + start;
        head.AuthorityLength = authority.Length;
        head.HostLength = host;
        return ReadPath(head, target, start + authority.Length);
    }

    private static HeadFault ReadPath(RequestHead head, ReadOnlySpan<byte> target, int at)
    {
        head.PathStart = head.TargetStart + at;
        ReadOnlySpan<byte> path = target[at..];
        int stop = path.IndexOfAnyExcept(Plain);
        if (stop < 0)
        {
            head.PathLength = path.Length;
            return HeadFault.None;
        }

        int i = stop;
        while (i < path.Length && path[i] != '?')
        {
            if (path[i] == '%')
            {
                if (!IsEscape(path[i..]))
                {
                    return HeadFault.BadTarget;
                }

                i += 3;
            }
            else if (Plain.Contains(path[i]))
            {
                i++;
            }
            else
            {
                return HeadFault.BadTarget;
            }
        }

        head.PathLength = i;
        if (i == path.Length)
        {
            return HeadFault.None;
        }

        head.QueryLength = path.Length - i - 1;
        return path[(i + 1)..].IndexOfAnyExcept(PlainQuery) < 0 ? HeadFault.None : HeadFault.BadTarget;
    }

    private static bool IsEscape(ReadOnlySpan<byte> text) =>
        text.Length >= 3
        && HexDigits.Value(text[1]) is var high and >= 0
        && HexDigits.Value(text[2]) is var low and >= 0
        && (high | low) != 0;

    private static bool StartsWithIgnoreCase(ReadOnlySpan<byte> text, ReadOnlySpan<byte> prefix) =>
        text.Length >= prefix.Length && Ascii.EqualsIgnoreCase(text[..prefix.Length], prefix);
}
