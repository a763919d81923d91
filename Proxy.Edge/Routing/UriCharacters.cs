using System.Buffers;
using System.Text;

namespace Proxy.Edge.Routing;

/// <summary>Character classes and percent-escapes of RFC 3986 §2, on bytes.</summary>
internal static class UriCharacters
{
    private const string UnreservedText = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    /// <summary>What may stand in a path as it is: pchar without '%', and '/'.</summary>
    public static readonly SearchValues<byte> PathPlain =
        SearchValues.Create(Encoding.ASCII.GetBytes(UnreservedText + "!$&'()*+,;=:@/"));

    /// <summary>What is forwarded in a query as it is: visible ASCII without '#'. Wider than RFC 3986 §3.4, because
    /// browsers send '|', '[' and others unescaped and nothing is decided on a query.</summary>
    public static readonly SearchValues<byte> QueryPlain = SearchValues.Create(
        Enumerable.Range(0x21, 0x7F - 0x21).Where(c => c != '#').Select(c => (byte)c).ToArray());

    private static readonly SearchValues<byte> Unreserved =
        SearchValues.Create(Encoding.ASCII.GetBytes(UnreservedText));

    public static bool IsUnreserved(byte value) => Unreserved.Contains(value);

    public static bool IsControl(byte value) => value is < 0x20 or 0x7F;

    /// <summary>Reads "%HH" at <paramref name="at"/>; false when there is no well-formed escape.</summary>
    public static bool TryReadEscape(ReadOnlySpan<byte> text, int at, out byte value)
    {
        value = 0;
        if (at + 2 >= text.Length || text[at] != '%')
        {
            return false;
        }

        int high = HexValue(text[at + 1]);
        int low = HexValue(text[at + 2]);
        if (high < 0 || low < 0)
        {
            return false;
        }

        value = (byte)((high << 4) | low);
        return true;
    }

    public static byte HexDigit(int nibble) => (byte)(nibble < 10 ? '0' + nibble : 'A' + nibble - 10);

    /// <summary>The form in which the normaliser would leave a path that is written in a configuration: UTF-8,
    /// unreserved escapes decoded, other escapes in upper case, everything that may not stand in a path escaped.
    /// Slashes and dots are left as written.</summary>
    public static byte[] Canonical(string path)
    {
        byte[] text = Encoding.UTF8.GetBytes(path);
        var result = new List<byte>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            byte value = text[i];
            if (TryReadEscape(text, i, out byte escaped))
            {
                i += 2;
                value = escaped;
                if (IsUnreserved(value))
                {
                    result.Add(value);
                    continue;
                }
            }
            else if (PathPlain.Contains(value))
            {
                result.Add(value);
                continue;
            }

            result.Add((byte)'%');
            result.Add(HexDigit(value >> 4));
            result.Add(HexDigit(value & 15));
        }

        return [.. result];
    }

    private static int HexValue(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        _ => -1,
    };
}
