namespace Proxy.Edge.Replication;

/// <summary>A hybrid logical clock: its stamps follow the wall clock, never go back, and come after every stamp this
/// node has seen. A peer whose wall clock is wrong cannot drag it along: stamps further ahead than the allowed drift
/// are refused and counted. Thread-safe without locks.</summary>
/// <param name="maxDrift">How far another node's clock may be ahead of ours.</param>
public sealed class HybridClock(TimeSpan maxDrift)
{
    private readonly long _maxDrift = (long)maxDrift.TotalMilliseconds;
    private ulong _last;
    private long _refused;

    /// <summary>How many stamps were too far ahead.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <param name="now">The wall clock, milliseconds since 1970.</param>
    public Stamp Next(long now)
    {
        ulong physical = Stamp.At(now).Value;
        while (true)
        {
            ulong last = Volatile.Read(ref _last);
            ulong next = physical > last ? physical : last + 1;
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                return new Stamp(next);
            }
        }
    }

    /// <summary>Takes note of another node's stamp; false when it is too far ahead to be believed.</summary>
    /// <param name="now">The wall clock, milliseconds since 1970.</param>
    public bool TryObserve(Stamp seen, long now)
    {
        if (seen.Milliseconds > now + _maxDrift)
        {
            Interlocked.Increment(ref _refused);
            return false;
        }

        ulong last = Volatile.Read(ref _last);
        while (seen.Value > last)
        {
            ulong found = Interlocked.CompareExchange(ref _last, seen.Value, last);
            if (found == last)
            {
                break;
            }

            last = found;
        }

        return true;
    }
}
