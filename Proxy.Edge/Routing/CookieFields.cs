namespace Proxy.Edge.Routing;

/// <summary>Reads the pairs of a Cookie field (RFC 6265 §5.4).</summary>
internal static class CookieFields
{
    /// <summary>Takes the next pair off <paramref name="rest"/>. Quotes around a value are not part of it.</summary>
    public static bool TryNext(
        scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        while (rest.Length != 0)
        {
            int end = rest.IndexOf((byte)';');
            ReadOnlySpan<byte> pair = (end < 0 ? rest : rest[..end]).Trim(" \t"u8);
            rest = end < 0 ? default : rest[(end + 1)..];
            int equals = pair.IndexOf((byte)'=');
            if (equals <= 0)
            {
                continue;
            }

            name = pair[..equals].TrimEnd(" \t"u8);
            value = pair[(equals + 1)..].TrimStart(" \t"u8);
            if (value.Length >= 2 && value[0] == '"' && value[^1] == '"')
            {
                value = value[1..^1];
            }

            return true;
        }

        name = value = default;
        return false;
    }
}
