namespace Proxy.Actors.Runtime;

/// <summary>How often and after which wait an actor may start again.</summary>
internal sealed class RestartBudget(Backoff backoff, TimeProvider time, IRandom random)
{
    private long _healthySince = time.GetTimestamp();

    public int InARow { get; private set; }

    /// <summary>A life begins, or goes on after a failure: only time without failure counts as healthy.</summary>
    public void BeginHealthyTime() => _healthySince = time.GetTimestamp();

    public bool TryTake(out TimeSpan delay)
    {
        var resetAfter = backoff.ResetAfter > TimeSpan.Zero ? backoff.ResetAfter : backoff.Max;
        if (time.GetElapsedTime(_healthySince) >= resetAfter)
        {
            InARow = 0;
        }

        delay = TimeSpan.Zero;
        if (backoff.MaxRestarts >= 0 && InARow >= backoff.MaxRestarts)
        {
            return false;
        }

        var wait = Math.Min(backoff.Min.TotalSeconds * Math.Pow(2, Math.Min(InARow, 62)), backoff.Max.TotalSeconds);
        var spread = 1 + (backoff.Jitter * ((2 * random.NextDouble()) - 1));
        delay = TimeSpan.FromSeconds(wait * spread);
        InARow++;
        return true;
    }
}
