namespace Proxy.Edge.Http1;

/// <summary>Elements of a comma-separated field value whose elements hold no quoted strings (RFC 9110
/// §5.6.1).</summary>
internal static class ListElements
{
    /// <summary>Takes the next element, white space trimmed and possibly empty, off the front of
    /// <paramref name="rest"/>; false when nothing is left.</summary>
    public static bool TryNext(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> element)
    {
        if (rest.IsEmpty)
        {
            element = default;
            return false;
        }

        int comma = rest.IndexOf((byte)',');
        element = (comma < 0 ? rest : rest[..comma]).Trim(" \t"u8);
        rest = comma < 0 ? default : rest[(comma + 1)..];
        return true;
    }
}
