using System.Buffers.Text;

namespace Proxy.Edge.Topology;

/// <summary>Writes an IPv6 address as RFC 5952 §4 wants it: lower case, no leading zeros, the longest run of at least
/// two zero groups (the first of equals) as "::". Without allocating, because clients' addresses are written per
/// request.</summary>
internal static class Ipv6Text
{
    /// <summary>At most 39 bytes.</summary>
    public static int Format(ulong high, ulong low, Span<byte> destination)
    {
        Span<ushort> groups = stackalloc ushort[8];
        for (int i = 0; i < 4; i++)
        {
            groups[i] = (ushort)(high >> (48 - (16 * i)));
            groups[i + 4] = (ushort)(low >> (48 - (16 * i)));
        }

        (int start, int length) = LongestZeroRun(groups);
        int at = 0;
        for (int i = 0; i < 8; i++)
        {
            if (i == start)
            {
                destination[at++] = (byte)':';
                destination[at++] = (byte)':';
                i += length - 1;
                continue;
            }

            if (i > 0 && i != start + length)
            {
                destination[at++] = (byte)':';
            }

            Utf8Formatter.TryFormat(groups[i], destination[at..], out int digits, new('x'));
            at += digits;
        }

        return at;
    }

    // (-1, 0) when there is no run of two or more.
    private static (int Start, int Length) LongestZeroRun(ReadOnlySpan<ushort> groups)
    {
        (int Start, int Length) best = (-1, 0);
        int run = 0;
        for (int i = 0; i < groups.Length; i++)
        {
            run = groups[i] == 0 ? run + 1 : 0;
            if (run > Math.Max(best.Length, 1))
            {
                best = (i - run + 1, run);
            }
        }

        return best;
    }
}
