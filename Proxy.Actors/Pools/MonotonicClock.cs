namespace Proxy.Actors.Pools;

/// <summary>The <c>now</c> of the machines: time since an arbitrary moment, which wall-clock corrections do not move.</summary>
internal static class MonotonicClock
{
    public static TimeSpan Now(this TimeProvider time) => time.GetElapsedTime(0);
}
