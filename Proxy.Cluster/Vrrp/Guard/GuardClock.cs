namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Monotonic microseconds, and how late timers fire: the number that says whether short adverts are safe here.
/// </summary>
internal sealed class GuardClock
{
    private static readonly long PerMicrosecond = TimeProvider.System.TimestampFrequency / 1_000_000;

    public long Now => TimeProvider.System.GetTimestamp() / PerMicrosecond;

    /// <summary>Microseconds, since the last reset.</summary>
    public long WorstLateness { get; private set; }

    public void Fired(long dueAt, long now)
    {
        if (dueAt <= now)
        {
            WorstLateness = Math.Max(WorstLateness, now - dueAt);
        }
    }

    public void Reset() => WorstLateness = 0;
}
