using System.Numerics;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Monotonic microseconds, and how late timers fire: the number that says whether short adverts are safe here.
/// </summary>
internal sealed class GuardClock
{
    // Each power of two in four parts, so that a percentile is at most a quarter too large.
    private const int Parts = 4;

    private static readonly long PerMicrosecond = TimeProvider.System.TimestampFrequency / 1_000_000;

    private readonly uint[] _counts = new uint[Parts * 40];
    private uint _total;

    public long Now => TimeProvider.System.GetTimestamp() / PerMicrosecond;

    /// <summary>Microseconds, since the last reset.</summary>
    public long WorstLateness { get; private set; }

    public void Fired(long dueAt, long now)
    {
        if (dueAt <= now)
        {
            long late = now - dueAt;
            WorstLateness = Math.Max(WorstLateness, late);
            _counts[Math.Min(PlaceOf(late), _counts.Length - 1)]++;
            _total++;
        }
    }

    /// <summary>Microseconds that this many of 1,000 timers were late at most, rounded up.</summary>
    public long LatenessOf(int perMille)
    {
        ulong wanted = ((ulong)_total * (ulong)perMille) + 999;
        wanted /= 1000;
        ulong seen = 0;
        for (int place = 0; place < _counts.Length; place++)
        {
            seen += _counts[place];
            if (seen >= wanted)
            {
                return Math.Min(EndOf(place), WorstLateness);
            }
        }

        return WorstLateness;
    }

    public void Reset()
    {
        WorstLateness = 0;
        Array.Clear(_counts);
        _total = 0;
    }

    private static int PlaceOf(long value)
    {
        if (value < Parts)
        {
            return (int)value;
        }

        int power = BitOperations.Log2((ulong)value);
        return (Parts * (power - 1)) + (int)(value >> (power - 2) & (Parts - 1));
    }

    private static long EndOf(int place) =>
        place < Parts ? place : ((long)(Parts + (place % Parts) + 1) << ((place / Parts) - 1)) - 1;
}
