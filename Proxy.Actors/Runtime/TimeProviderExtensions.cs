namespace Proxy.Actors.Runtime;

internal static class TimeProviderExtensions
{
    /// <summary>
    /// A timer that is not running yet and does not carry the creator's execution context: it outlives the request that
    /// happened to create it, and would keep that request's trace alive.
    /// </summary>
    public static ITimer CreateTimerWithoutFlow(this TimeProvider time, TimerCallback callback, object state)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return time.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        using (ExecutionContext.SuppressFlow())
        {
            return time.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
