namespace Proxy.Edge.Http2.Messages;

/// <summary>How urgent a response is (RFC 9218 §4): u from 0, the most urgent, to 7; i when parts of it are of use
/// already. A value that cannot be read counts as absent.</summary>
internal readonly record struct Priority(byte Urgency, bool Incremental)
{
    public static readonly Priority Default = new(3, false);

    public static Priority Parse(ReadOnlySpan<byte> value)
    {
        Priority result = Default;
        foreach (Range range in value.Split((byte)','))
        {
            ReadOnlySpan<byte> item = value[range].Trim((byte)' ');
            if (item.Length == 3 && item.StartsWith("u="u8) && item[2] is >= (byte)'0' and <= (byte)'7')
            {
                result = result with { Urgency = (byte)(item[2] - '0') };
            }
            else if (item.SequenceEqual("i"u8) || item.SequenceEqual("i=?1"u8))
            {
                result = result with { Incremental = true };
            }
        }

        return result;
    }
}
