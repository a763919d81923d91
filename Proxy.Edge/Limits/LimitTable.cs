namespace Proxy.Edge.Limits;

/// <summary>Bounded memory of a rate limit: eight entries per bucket, the bucket chosen by the key. A key that is idle
/// leaves nothing behind that matters, so its place is free for another; when more keys are active than there are
/// places, the one nearest to idle is forgotten. Shared by all loops and an actor.</summary>
/// <remarks>A bucket is held by one thread at a time for some tens of nanoseconds. That makes the count exact over all
/// loops, which a lock-free entry of more than one word would not.</remarks>
internal sealed class LimitTable
{
    public const int Ways = 8;

    private readonly ulong[] _keys;
    private readonly LimitEntry[] _entries;
    private readonly int[] _holds;
    private readonly int _mask;

    /// <param name="capacity">Keys that can be active at once; rounded up to a power of two, at least 8.</param>
    public LimitTable(int capacity)
    {
        int buckets = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, (capacity + 7) / Ways));
        _keys = new ulong[buckets * Ways];
        _entries = new LimitEntry[buckets * Ways];
        _holds = new int[buckets];
        _mask = buckets - 1;
    }

    /// <summary>Changes the entry of a key; a key not known starts as default.</summary>
    public delegate TResult Change<in TArgument, out TResult>(ref LimitEntry entry, TArgument argument)
        where TArgument : allows ref struct;

    public TResult Do<TArgument, TResult>(
        ulong key, long now, TArgument argument, Change<TArgument, TResult> change)
        where TArgument : allows ref struct
    {
        key = key == 0 ? 1 : key;                                        // 0 marks a free place
        int bucket = (int)(key >> 32) & _mask;
        Hold(bucket);
        try
        {
            return change(ref Place(bucket, key, now), argument);
        }
        finally
        {
            Volatile.Write(ref _holds[bucket], 0);
        }
    }

    private ref LimitEntry Place(int bucket, ulong key, long now)
    {
        int first = bucket * Ways;
        int free = -1;
        int nearest = first;
        for (int i = first; i < first + Ways; i++)
        {
            if (_keys[i] == key)
            {
                return ref _entries[i];
            }

            if (free < 0 && (_keys[i] == 0 || _entries[i].IsIdle(now)))
            {
                free = i;
            }

            nearest = _entries[i].Full < _entries[nearest].Full ? i : nearest;
        }

        int place = free >= 0 ? free : nearest;
        _keys[place] = key;
        _entries[place] = default;
        return ref _entries[place];
    }

    private void Hold(int bucket)
    {
        if (Interlocked.CompareExchange(ref _holds[bucket], 1, 0) == 0)
        {
            return;
        }

        var spin = default(SpinWait);
        do
        {
            // Never the millisecond sleep that SpinWait otherwise comes to.
            spin.SpinOnce(sleep1Threshold: -1);
        }
        while (Interlocked.CompareExchange(ref _holds[bucket], 1, 0) != 0);
    }
}
