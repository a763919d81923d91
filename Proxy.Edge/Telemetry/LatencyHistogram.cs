using System.Numerics;

namespace Proxy.Edge.Telemetry;

/// <summary>Counts durations in microseconds in log-linear buckets: four per power of two, so a quantile is off by a
/// quarter at most. One loop writes; any thread may read at any time and sees each bucket at some recent value. The
/// buckets are allocated with the first duration, so what is never used costs nothing.</summary>
public sealed class LatencyHistogram
{
    // 0..3 exactly, then four buckets for each power of two up to 2^36 µs (19 hours); longer ones count in the last
    // bucket.
    private const int TopExponent = 36;
    private const int BucketCount = ((TopExponent - 1) * 4) + 1;
    private long[]? _buckets;
    private long _sum;

    /// <summary>Sum of all durations, microseconds.</summary>
    public long Sum => Volatile.Read(ref _sum);

    public long Count => CountBelow(long.MaxValue);

    public void Record(long microseconds)
    {
        long value = Math.Max(0, microseconds);
        long[] buckets = _buckets ?? Allocate();
        buckets[BucketOf(value)]++;
        _sum += value;
    }

    /// <summary>Adds what <paramref name="other"/> holds; for sums over loops, by the reader.</summary>
    public void Merge(LatencyHistogram other)
    {
        long[]? theirs = Volatile.Read(ref other._buckets);
        if (theirs is null)
        {
            return;
        }

        long[] mine = _buckets ?? Allocate();
        for (int i = 0; i < mine.Length; i++)
        {
            mine[i] += Volatile.Read(ref theirs[i]);
        }

        _sum += other.Sum;
    }

    /// <summary>Number of durations below <paramref name="microseconds"/>; exact when that is a power of two.</summary>
    public long CountBelow(long microseconds)
    {
        long[]? buckets = Volatile.Read(ref _buckets);
        long count = 0;
        for (int i = 0; i < (buckets?.Length ?? 0) && LowerBound(i) < microseconds; i++)
        {
            count += Volatile.Read(ref buckets![i]); // not null: the length was not 0
        }

        return count;
    }

    /// <summary>The duration that <paramref name="fraction"/> (0 to 1) of all stay below, interpolated in its bucket;
    /// 0 when there is none.</summary>
    public long Quantile(double fraction)
    {
        long total = Count;
        if (total == 0)
        {
            return 0;
        }

        double rank = Math.Clamp(fraction, 0, 1) * total;
        double seen = 0;
        long[] buckets = _buckets!; // not null: the count was not 0
        for (int i = 0; i < buckets.Length; i++)
        {
            long here = Volatile.Read(ref buckets[i]);
            if (here > 0 && seen + here >= rank)
            {
                long low = LowerBound(i);
                return low + (long)((rank - seen) / here * (LowerBound(i + 1) - low));
            }

            seen += here;
        }

        return LowerBound(BucketCount);
    }

    internal static int BucketOf(long value)
    {
        if (value < 4)
        {
            return (int)value;
        }

        int exponent = BitOperations.Log2((ulong)value);
        return exponent >= TopExponent ? BucketCount - 1 : ((exponent - 1) * 4) + (int)((value >> (exponent - 2)) & 3);
    }

    internal static long LowerBound(int bucket) =>
        bucket < 4 ? bucket : (4L + (bucket & 3)) << ((bucket >> 2) - 1);

    private long[] Allocate()
    {
        long[] buckets = new long[BucketCount];
        Volatile.Write(ref _buckets, buckets);
        return buckets;
    }
}
