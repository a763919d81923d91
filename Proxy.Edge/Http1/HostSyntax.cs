namespace Proxy.Edge.Http1;

/// <summary>Syntax of a host with an optional port, as in Host and in a request target.
/// <code>
/// authority = host [ ":" port ]        no userinfo, RFC 9110 §4.2.4
/// host      = "[" IPv6address "]" / 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" )
/// port      = 1*5DIGIT, at most 65535
/// </code>
/// Stricter than RFC 3986, which would also allow percent-escapes, sub-delims (comma!) and an empty port: no name that
/// resolves has them, and they are how one Host is made to mean two things.</summary>
internal static class HostSyntax
{
    /// <summary>Longest DNS name is 253 characters; with a port.</summary>
    public const int MaxLength = 261;

    /// <summary>Length of the host part, or -1 when the text is no valid authority.</summary>
    public static int HostLength(ReadOnlySpan<byte> authority)
    {
        if (authority.IsEmpty || authority.Length > MaxLength)
        {
            return -1;
        }

        int host = authority[0] == '[' ? LiteralLength(authority) : NameLength(authority);
        return host > 0 && (host == authority.Length || IsPort(authority[host..])) ? host : -1;
    }

    private static int NameLength(ReadOnlySpan<byte> authority)
    {
        int i = 0;
        while (i < authority.Length && IsNameByte(authority[i]))
        {
            i++;
        }

        return i;
    }

    private static bool IsNameByte(byte value) =>
        char.IsAsciiLetterOrDigit((char)value) || value is (byte)'.' or (byte)'-' or (byte)'_' or (byte)'~';

    private static bool IsPort(ReadOnlySpan<byte> port)
    {
        if (port[0] != ':' || port.Length is < 2 or > 6)
        {
            return false;
        }

        int number = 0;
        foreach (byte digit in port[1..])
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            number = (number * 10) + (digit - '0');
        }

        return number <= 65535;
    }

    private static int LiteralLength(ReadOnlySpan<byte> authority)
    {
        int close = authority.IndexOf((byte)']');
        return close > 0 && IsIPv6(authority[1..close]) ? close + 1 : -1;
    }

    // Up to eight groups of 1 to 4 hex digits, one "::" standing for at least one group, and a dotted IPv4 address in
    // place of the last two groups (RFC 3986 §3.2.2). No zone: it means something only on the host that wrote it.
    private static bool IsIPv6(ReadOnlySpan<byte> text)
    {
        int groups = 0;
        bool gap = false;
        int i = 0;
        if (text.StartsWith("::"u8))
        {
            gap = true;
            i = 2;
        }

        while (i < text.Length)
        {
            ReadOnlySpan<byte> rest = text[i..];
            int length = rest.IndexOf((byte)':');
            ReadOnlySpan<byte> group = length < 0 ? rest : rest[..length];
            if (length < 0 && group.Contains((byte)'.'))
            {
                groups += 2;
                return IsIPv4(group) && (gap ? groups < 8 : groups == 8);
            }

            if (group.Length is < 1 or > 4 || group.IndexOfAnyExcept(HexDigits.All) >= 0)
            {
                return false;
            }

            groups++;
            i += group.Length;
            if (i == text.Length)
            {
                break;
            }

            i++;
            if (i < text.Length && text[i] == ':')
            {
                if (gap)
                {
                    return false;
                }

                gap = true;
                i++;
            }
            else if (i == text.Length)
            {
                return false; // Ends in a single colon.
            }
        }

        return gap ? groups < 8 : groups == 8;
    }

    private static bool IsIPv4(ReadOnlySpan<byte> text)
    {
        int parts = 0;
        while (true)
        {
            int dot = text.IndexOf((byte)'.');
            ReadOnlySpan<byte> part = dot < 0 ? text : text[..dot];
            int number = 0;
            foreach (byte digit in part)
            {
                if (!char.IsAsciiDigit((char)digit))
                {
                    return false;
                }

                number = (number * 10) + (digit - '0');
            }

            if (part.Length is < 1 or > 3 || number > 255 || (part.Length > 1 && part[0] == '0'))
            {
                return false;
            }

            parts++;
            if (dot < 0)
            {
                return parts == 4;
            }

            text = text[(dot + 1)..];
        }
    }
}
