using System.Buffers;

namespace Proxy.Edge.Http1;

/// <summary>Hexadecimal digits, both cases.</summary>
internal static class HexDigits
{
    public static readonly SearchValues<byte> All = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <summary>0 to 15, or -1.</summary>
    public static int Value(byte digit)
    {
        if ((uint)(digit - '0') <= 9)
        {
            return digit - '0';
        }

        int letter = (digit | 0x20) - 'a';
        return (uint)letter <= 5 ? letter + 10 : -1;
    }
}
