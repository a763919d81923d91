namespace Proxy.Edge.Health;

/// <summary>The ramp of a member that came back: its weight grows linearly to the configured one. It moves in steps, because
/// every step is a new grant and a new candidate list.</summary>
/// <param name="Since">When the member came back, on the caller's monotonic clock.</param>
/// <param name="Duration">Until the full weight; zero = no ramp.</param>
public readonly record struct SlowStart(TimeSpan Since, TimeSpan Duration)
{
    /// <summary>Steps of five percent are finer than requests would show.</summary>
    public const int Steps = 20;

    private static readonly TimeSpan ShortestStep = TimeSpan.FromMilliseconds(100);

    public bool IsOver(TimeSpan now) => now - Since >= Duration;

    /// <summary>0 to 100.</summary>
    public int Percent(TimeSpan now) =>
        IsOver(now) ? 100 : (int)Math.Clamp((now - Since).Ticks * 100 / Duration.Ticks, 0, 100);

    /// <summary>At least 1, so that a member on the ramp takes part; 0 stays 0.</summary>
    public int WeightAt(TimeSpan now, int weight) =>
        weight <= 0 ? 0 : Math.Max(1, (int)((long)weight * Percent(now) / 100));

    /// <summary>When to look again.</summary>
    public TimeSpan NextStep(TimeSpan now)
    {
        TimeSpan step = Duration / Steps;
        TimeSpan next = now + (step < ShortestStep ? ShortestStep : step);
        return next > Since + Duration ? Since + Duration : next;
    }
}
