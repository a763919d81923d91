using System.Buffers;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Rewriting;

/// <summary>Reads the hops that X-Forwarded-For and Forwarded (RFC 7239) list, nearest hop last.</summary>
internal static class ForwardedChain
{
    private static readonly SearchValues<byte> QuadBytes = SearchValues.Create("0123456789."u8);

    /// <summary>Takes the next comma-separated element; commas in quoted strings do not count.</summary>
    public static bool TryNext(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> element)
    {
        while (rest.Length != 0)
        {
            int end = EndOf(rest, (byte)',');
            element = rest[..end].Trim(" \t"u8);
            rest = end == rest.Length ? default : rest[(end + 1)..];
            if (element.Length != 0)
            {
                return true;
            }
        }

        element = default;
        return false;
    }

    /// <summary>Value of one parameter of a Forwarded element, without its quotes; empty when it is
    /// missing.</summary>
    public static ReadOnlySpan<byte> Parameter(ReadOnlySpan<byte> element, ReadOnlySpan<byte> name)
    {
        while (element.Length != 0)
        {
            int end = EndOf(element, (byte)';');
            ReadOnlySpan<byte> pair = element[..end].Trim(" \t"u8);
            element = end == element.Length ? default : element[(end + 1)..];
            int equals = pair.IndexOf((byte)'=');
            if (equals > 0 && System.Text.Ascii.EqualsIgnoreCase(pair[..equals], name))
            {
                ReadOnlySpan<byte> value = pair[(equals + 1)..];
                return value.Length >= 2 && value[0] == '"' && value[^1] == '"' ? value[1..^1] : value;
            }
        }

        return default;
    }

    /// <summary>Address of a node: "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80". False for
    /// "unknown", obfuscated identifiers and anything malformed.</summary>
    public static bool TryReadNode(ReadOnlySpan<byte> node, out ClientAddress address)
    {
        address = default;
        if (node.Length >= 2 && node[0] == '"' && node[^1] == '"')
        {
            node = node[1..^1];
        }

        if (node.Length == 0 || node.Length > 64)
        {
            return false;
        }

        if (node[0] == '[')
        {
            int close = node.IndexOf((byte)']');
            return close > 0 && IsPortOrNothing(node[(close + 1)..]) && node[1..close].Contains((byte)':')
                && ClientAddress.TryParse(node[1..close], out address);
        }

        int colon = node.IndexOf((byte)':');
        if (colon < 0 || node[(colon + 1)..].Contains((byte)':'))
        {
            return (colon >= 0 || IsDottedQuad(node)) && ClientAddress.TryParse(node, out address);
        }

        return IsPortOrNothing(node[colon..]) && IsDottedQuad(node[..colon])
            && ClientAddress.TryParse(node[..colon], out address);
    }

    /// <summary>Keeps out the short and octal forms that an address parser takes for addresses ("1",
    /// "0x7f.1").</summary>
    private static bool IsDottedQuad(ReadOnlySpan<byte> text) =>
        text.Count((byte)'.') == 3 && text.IndexOfAnyExcept(QuadBytes) < 0;

    private static bool IsPortOrNothing(ReadOnlySpan<byte> text) =>
        text.Length == 0
        || (text.Length is > 1 and <= 6 && text[0] == ':' && !text[1..].ContainsAnyExceptInRange((byte)'0', (byte)'9'));

    private static int EndOf(ReadOnlySpan<byte> text, byte separator)
    {
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            byte value = text[i];
            if (quoted && value == '\\')
            {
                i++;
            }
            else if (value == '"')
            {
                quoted = !quoted;
            }
            else if (value == separator && !quoted)
            {
                return i;
            }
        }

        return text.Length;
    }
}
