namespace Proxy.Edge.Http;

/// <summary>The token characters of RFC 9110 §5.6.2: what methods, field names and options are made of.</summary>
public static class HttpToken
{
    public const string Characters =
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    // Bit n of the pair is set when byte n is a token character; bytes from 128 on never are.
    private static readonly ulong Low = BitsOf(0);
    private static readonly ulong High = BitsOf(64);

    public static bool IsTokenByte(byte value) =>
        value < 128 && ((value < 64 ? Low : High) >> (value & 63) & 1) != 0;

    /// <summary>True for one or more token characters and nothing else.</summary>
    public static bool IsToken(ReadOnlySpan<byte> text)
    {
        foreach (byte value in text)
        {
            if (!IsTokenByte(value))
            {
                return false;
            }
        }

        return !text.IsEmpty;
    }

    private static ulong BitsOf(int first)
    {
        ulong bits = 0;
        foreach (char character in Characters)
        {
            if (character >= first && character < first + 64)
            {
                bits |= 1UL << (character - first);
            }
        }

        return bits;
    }
}
