using Proxy.Edge.Http;
using Proxy.Edge.Relay;
using Proxy.Edge.Timing;

namespace Proxy.Edge.Downstream.Http2;

/// <summary>How long a gRPC client waits for its call: <c>grpc-timeout</c>, at most eight digits and a unit. The field
/// goes on to the origin as it is; here it ends calls whose origin does not keep to it.</summary>
internal static class GrpcTimeout
{
    private const int MaxDigits = 8;

    /// <summary>Microseconds; <see cref="TimerNode.Never"/> when the client waits for ever, or the request is no
    /// call.</summary>
    public static long Read(RequestHead head)
    {
        if (!GrpcAnswer.IsGrpc(head.Value(HeaderId.ContentType)))
        {
            return TimerNode.Never;
        }

        for (int i = 0; i < head.FieldCount; i++)
        {
            if (head.Fields[i].Id == HeaderId.Other
                && System.Text.Ascii.EqualsIgnoreCase(head.Name(i), "grpc-timeout"u8))
            {
                return Parse(head.Value(i));
            }
        }

        return TimerNode.Never;
    }

    /// <summary>What cannot be read counts as no limit: it is the origin's to refuse.</summary>
    internal static long Parse(ReadOnlySpan<byte> text)
    {
        if (text.Length is < 2 or > MaxDigits + 1 || text[..^1].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return TimerNode.Never;
        }

        long number = 0;
        foreach (byte digit in text[..^1])
        {
            number = (number * 10) + digit - '0';
        }

        return text[^1] switch
        {
            (byte)'H' => number * 3_600_000_000,
            (byte)'M' => number * 60_000_000,
            (byte)'S' => number * 1_000_000,
            (byte)'m' => number * 1000,
            (byte)'u' => number,
            (byte)'n' => number / 1000,
            _ => TimerNode.Never,
        };
    }
}
