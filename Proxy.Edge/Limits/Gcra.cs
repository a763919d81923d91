namespace Proxy.Edge.Limits;

/// <summary>The generic cell rate algorithm: one number per key, the time at which the key would be back to full
/// allowance (the "theoretical arrival time"). Exact, with no window edges; over any span T it admits at most
/// rate × T + burst. Pure; times in nanoseconds.</summary>
internal static class Gcra
{
    /// <summary>Takes <paramref name="count"/> requests of the allowance. False, and nothing is taken, when the last of
    /// them would have to wait longer than <paramref name="patience"/>.</summary>
    /// <param name="wait">How long the last of them has to wait to keep to the rate; 0 = none.</param>
    public static bool TryTake(ref long full, long now, RateRule rule, int count, long patience, out long wait)
    {
        long next = Math.Max(full, now) + (count * rule.Interval);
        wait = Math.Max(0, next - rule.Tolerance - now);
        if (wait > patience)
        {
            return false;
        }

        full = next;
        return true;
    }

    /// <summary>Requests that may come at once.</summary>
    public static int Level(long full, long now, RateRule rule) =>
        (int)Math.Max(0, (rule.Tolerance - Math.Max(0, full - now)) / rule.Interval);

    /// <summary>Gives back what was taken and not used.</summary>
    public static void Return(ref long full, RateRule rule, int count) => full -= count * rule.Interval;
}
