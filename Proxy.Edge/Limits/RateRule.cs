namespace Proxy.Edge.Limits;

/// <summary>So many requests per period, and so many at once. All times of this folder are nanoseconds: with
/// microseconds a rate of a million a second would already be off by rounding.</summary>
/// <param name="Period">At most a day.</param>
/// <param name="Count">Requests per period, at least 1.</param>
/// <param name="Burst">Requests that may come at once after a pause, at least 1.</param>
public sealed record RateRule(int Count, TimeSpan Period, int Burst)
{
    /// <summary>Time between two requests that just keep to the rate, at least 1 ns.</summary>
    public long Interval { get; } = Math.Max(1, Period.Ticks * TimeSpan.NanosecondsPerTick / Count);

    /// <summary>How far ahead of the rate a client may be.</summary>
    public long Tolerance => Interval * Burst;

    /// <summary>The part of one node when <paramref name="nodes"/> nodes cannot ask each other.</summary>
    public RateRule Fraction(int nodes) => nodes <= 1 ? this : new RateRule(
        Count, Period * nodes, Math.Max(1, Burst / nodes));
}
