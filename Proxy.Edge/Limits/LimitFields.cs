using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Proxy.Edge.Limits;

/// <summary>The fields of a 429: Retry-After (RFC 9110 §10.2.3), RateLimit-Policy and RateLimit
/// (draft-ietf-httpapi-ratelimit-headers-10).</summary>
public sealed class LimitFields
{
    /// <summary>Longest text <see cref="Write"/> makes.</summary>
    public const int MaxLength = 512;

    private readonly byte[] _beforeReset;

    public LimitFields(string name, RateRule rule)
    {
        // A string of structured fields (RFC 9651 §3.3.3) in its simplest form: what would need escapes is left out.
        string policy = string.Concat(name.Where(static c => c is >= ' ' and <= '~' and not ('"' or '\\')).Take(64));
        long window = Math.Max(1, (long)rule.Period.TotalSeconds);
        _beforeReset = Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"RateLimit-Policy: \"{policy}\";q={rule.Count};w={window}\r\nRateLimit: \"{policy}\";r=0;t="));
    }

    /// <summary>Writes complete field lines, CRLF included; returns their length.</summary>
    /// <param name="wait">Nanoseconds after which a request has a chance.</param>
    public int Write(long wait, Span<byte> destination)
    {
        long seconds = Math.Max(1, (wait + 999_999_999) / 1_000_000_000);
        _beforeReset.CopyTo(destination);
        int at = _beforeReset.Length;
        at += Number(seconds, destination[at..]);
        "\r\nRetry-After: "u8.CopyTo(destination[at..]);
        at += 15;
        at += Number(seconds, destination[at..]);
        "\r\n"u8.CopyTo(destination[at..]);
        return at + 2;
    }

    private static int Number(long value, Span<byte> destination) =>
        Utf8Formatter.TryFormat(value, destination, out int written) ? written : 0;
}
