using Proxy.Edge.Telemetry;

namespace Proxy.Tests.Edge.Telemetry;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Every_value_lies_in_its_bucket()
    {
        for (int bit = 0; bit < 36; bit++)
        {
            foreach (long value in (long[])[(1L << bit) - 1, 1L << bit, (1L << bit) + (1L << bit) / 3])
            {
                int bucket = LatencyHistogram.BucketOf(value);

                Assert.InRange(value, LatencyHistogram.LowerBound(bucket), LatencyHistogram.LowerBound(bucket + 1) - 1);
            }
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void Quantiles_are_within_a_quarter_and_counts_exact(int seed)
    {
        var random = new Random(seed);
        var histogram = new LatencyHistogram();
        long[] values = new long[5_000];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (long)Math.Exp(random.NextDouble() * 20);
            histogram.Record(values[i]);
        }

        Array.Sort(values);
        Assert.Equal(values.Length, histogram.Count);
        Assert.Equal(values.Sum(), histogram.Sum);
        foreach (double fraction in (double[])[0.01, 0.5, 0.9, 0.99, 0.999])
        {
            long exact = values[(int)(fraction * values.Length)];
            long shown = histogram.Quantile(fraction);

            Assert.True(
                Math.Abs(shown - exact) <= exact * 0.3 + 2, $"seed {seed}: p{fraction} is {exact}, shown {shown}");
        }

        for (int bit = 0; bit < 36; bit++)
        {
            Assert.Equal(values.Count(v => v < 1L << bit), histogram.CountBelow(1L << bit));
        }
    }

    [Fact]
    public void Merging_adds_up()
    {
        var left = new LatencyHistogram();
        var right = new LatencyHistogram();
        left.Record(5);
        right.Record(5);
        right.Record(1_000_000);
        var sum = new LatencyHistogram();

        sum.Merge(left);
        sum.Merge(right);
        sum.Merge(new LatencyHistogram());

        Assert.Equal(3, sum.Count);
        Assert.Equal(1_000_010, sum.Sum);
        Assert.Equal(2, sum.CountBelow(8));
        Assert.Equal(1, left.Count);
    }

    [Fact]
    public void Odd_durations_are_taken()
    {
        var histogram = new LatencyHistogram();

        histogram.Record(-5);
        histogram.Record(long.MaxValue / 4);

        Assert.Equal(2, histogram.Count);
        Assert.Equal(1, histogram.CountBelow(1));
        Assert.Equal(0, new LatencyHistogram().Quantile(0.5));
    }
}
