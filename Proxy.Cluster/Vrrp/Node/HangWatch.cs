namespace Proxy.Cluster.Vrrp.Node;

/// <summary>How one part of the node was found.</summary>
/// <param name="HasTurned">It has taken a turn since it was asked.</param>
/// <param name="IsBusy">It works or wants to, or something it may wait for does.</param>
internal readonly record struct PulseSample(bool HasTurned, bool IsBusy);

/// <summary>Whether a part of the node hangs that traffic needs. Each part is judged by itself, so that no other one
/// covers for it. Pure. Only time in which this watch itself came to its turn counts, and none of it that a collection
/// took: what holds up the whole process is no hang of a part. A part that works or is kept from it by a machine with
/// too much to do is late rather than stuck and gets <see cref="Patience"/> times as long: moving the address would not
/// make it faster.</summary>
internal sealed class HangWatch
{
    /// <summary>How many times longer a part may be silent that is not asleep; the guard's measure as well.</summary>
    public const int Patience = Guard.NodeWatch.Patience;

    private readonly TimeSpan _limit;
    private readonly TimeSpan _late;
    private readonly double _busyShare;
    private readonly TimeSpan[] _silent;
    private TimeSpan _last;
    private TimeSpan _lastPaused;

    /// <param name="parts">How many there are.</param>
    /// <param name="hangAfter">From the beginning of a hang to its discovery, at most; 0 = never.</param>
    /// <param name="every">Time between two steps.</param>
    public HangWatch(int parts, TimeSpan hangAfter, TimeSpan every)
    {
        _silent = new TimeSpan[parts];
        // It may have begun right after an answer, which is one step before it can be seen.
        _limit = hangAfter == TimeSpan.Zero ? TimeSpan.MaxValue : hangAfter - every;
        _late = 2 * every;
        _busyShare = hangAfter == TimeSpan.Zero ? 0 : _limit / (Patience * hangAfter);
    }

    /// <summary>The part that hangs, -1 for none.</summary>
    /// <param name="now">Since any fixed moment.</param>
    /// <param name="paused">How long collections have stopped this process so far.</param>
    /// <param name="samples">All parts, in a fixed order.</param>
    public int Step(TimeSpan now, TimeSpan paused, ReadOnlySpan<PulseSample> samples)
    {
        TimeSpan counted = now - _last - (paused - _lastPaused);
        if (now - _last > _late || counted < TimeSpan.Zero)
        {
            counted = TimeSpan.Zero;
        }

        (_last, _lastPaused) = (now, paused);
        int stuck = -1;
        for (int i = 0; i < samples.Length; i++)
        {
            _silent[i] = samples[i].HasTurned ? TimeSpan.Zero
                : _silent[i] + (samples[i].IsBusy ? _busyShare * counted : counted);
            if (_silent[i] >= _limit)
            {
                stuck = i;
            }
        }

        return stuck;
    }
}
