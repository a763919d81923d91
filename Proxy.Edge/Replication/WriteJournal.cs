namespace Proxy.Edge.Replication;

/// <summary>What this node wrote last, in a ring: every peer's stream has a cursor into it, and none of them can hold
/// the writers up. A cursor that was overtaken cannot go on; its peer needs a snapshot.</summary>
public sealed class WriteJournal
{
    private readonly ReplicatedEntry[] _ring;
    private readonly WriteSignal _signal;
    private long _claimed;
    private long _published;
    private int _held;

    /// <param name="capacity">Entries; a power of two.</param>
    public WriteJournal(int capacity, WriteSignal signal)
    {
        if (capacity < 1 || (capacity & (capacity - 1)) != 0)
        {
            throw new ArgumentException("a power of two", nameof(capacity));
        }

        _ring = new ReplicatedEntry[capacity];
        _signal = signal;
    }

    /// <summary>Entries.</summary>
    public int Capacity => _ring.Length;

    /// <summary>Where the next entry will stand: the cursor of somebody who has everything.</summary>
    public long Head => Volatile.Read(ref _published);

    public bool Holds(long cursor) => cursor >= 0 && cursor <= Head && Head - cursor < _ring.Length;

    public void Append(in ReplicatedEntry entry)
    {
        var spin = default(SpinWait);
        while (Interlocked.CompareExchange(ref _held, 1, 0) != 0)
        {
            spin.SpinOnce(-1);
        }

        long place = _published;
        // Claimed first and published last: a reader can tell afterwards whether its copy was written over.
        Interlocked.Exchange(ref _claimed, place + 1);
        _ring[place & (_ring.Length - 1)] = entry;
        Volatile.Write(ref _published, place + 1);
        // A full barrier, as WriteSignal needs between publishing and looking whether the sender sleeps.
        Interlocked.Exchange(ref _held, 0);
        _signal.Written();
    }

    /// <summary>Copies what stands from the cursor on; answers how many, or -1 when it was overtaken.</summary>
    public int Read(long cursor, Span<ReplicatedEntry> into)
    {
        int count = (int)Math.Min(into.Length, Head - cursor);
        if (count <= 0)
        {
            return count == 0 ? 0 : -1;
        }

        int start = (int)(cursor & (_ring.Length - 1));
        int first = Math.Min(count, _ring.Length - start);
        if (count > _ring.Length)
        {
            return -1;
        }

        _ring.AsSpan(start, first).CopyTo(into);
        _ring.AsSpan(0, count - first).CopyTo(into[first..]);
        Volatile.ReadBarrier();
        return Volatile.Read(ref _claimed) - cursor > _ring.Length ? -1 : count;
    }
}
