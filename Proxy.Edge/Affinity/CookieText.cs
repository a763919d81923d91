namespace Proxy.Edge.Affinity;

/// <summary>Characters of cookies (RFC 6265 §4.1.1) and the walk over a Cookie field's pairs.</summary>
internal static class CookieText
{
    public static bool IsTokenChar(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c);

    /// <summary>cookie-octet: printable ASCII without space, DQUOTE, comma, semicolon and backslash.</summary>
    public static bool IsValueChar(char c) => c is > ' ' and < (char)127 and not ('"' or ',' or ';' or '\\');

    public static bool IsAttributeChar(char c) => c is >= ' ' and < (char)127 and not ';';

    /// <summary>Takes the next pair off <paramref name="rest"/>; false at the end. A pair without '=' has the name "".
    /// The value is without surrounding quotes and ends at a comma too, as some clients join cookies that
    /// way.</summary>
    public static bool TryNext(
        scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = value = default;
        if (rest.IsEmpty)
        {
            return false;
        }

        int end = rest.IndexOfAny((byte)';', (byte)',');
        ReadOnlySpan<byte> pair = (end < 0 ? rest : rest[..end]).Trim(" \t"u8);
        rest = end < 0 ? default : rest[(end + 1)..];
        int equals = pair.IndexOf((byte)'=');
        if (equals < 0)
        {
            value = pair;
            return true;
        }

        name = pair[..equals].TrimEnd(" \t"u8);
        value = pair[(equals + 1)..].TrimStart(" \t"u8);
        if (value.Length >= 2 && value[0] == '"' && value[^1] == '"')
        {
            value = value[1..^1];
        }

        return true;
    }
}
