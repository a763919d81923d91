namespace Proxy.Edge.Http1;

/// <summary>Decimal numbers without culture and without allocation.</summary>
public static class DecimalText
{
    /// <summary>Digits of the largest long.</summary>
    public const int MaxBytes = 19;

    /// <summary>Writes a number that is not negative; returns the digits written, 0 when they do not fit.</summary>
    public static int Write(Span<byte> destination, long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        int length = 1;
        for (long rest = value / 10; rest != 0; rest /= 10)
        {
            length++;
        }

        if (length > destination.Length)
        {
            return 0;
        }

        for (int i = length - 1; i >= 0; i--)
        {
            (value, long digit) = Math.DivRem(value, 10);
            destination[i] = (byte)('0' + digit);
        }

        return length;
    }
}
