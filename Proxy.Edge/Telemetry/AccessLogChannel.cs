namespace Proxy.Edge.Telemetry;

/// <summary>One loop's way into an access log: a ring of bytes with one producer (the loop) and one consumer (the
/// writer thread), without locks. A record is visible to the writer as soon as <see cref="Append"/> returns, so the
/// loop has nothing to flush. A record that finds no room is dropped and counted; the loop never waits.</summary>
public sealed class AccessLogChannel
{
    private readonly AccessLogFormat _format;
    private readonly LogTimestamps _stamps;
    private readonly LoopCounters _counters;
    private readonly WriterWakeUp _wakeUp;
    private readonly int _capacity;

    // Allocated with the first record: a loop that serves no logged listener costs nothing. Set by the producer.
    private byte[]? _ring;

    // Positions count bytes since the start and never wrap; position % capacity is the place in the ring. A line
    // always lies in one piece and never ends where the lap does: where not more than MaxLineBytes is left, the
    // producer skips to the next lap and leaves in _lapEnd the position where the old lap ended. It cannot skip again
    // before the consumer has passed that place.
    private long _head;
    private long _lapEnd;
    private long _tail;
    private bool _closed;

    internal AccessLogChannel(
        AccessLogFormat format, TimeZoneInfo zone, LoopCounters counters, WriterWakeUp wakeUp, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 2 * AccessLogFormat.MaxLineBytes);
        _format = format;
        _stamps = new LogTimestamps(zone);
        _counters = counters;
        _wakeUp = wakeUp;
        _capacity = capacity;
    }

    internal bool IsEmpty => Volatile.Read(ref _head) == Volatile.Read(ref _tail);

    /// <summary>Formats a record into the ring. Called on the owning loop's thread only; neither blocks nor allocates
    /// (but for the ring, once), makes a system call only when the writer sleeps or the ring is half full.</summary>
    public void Append(in AccessRecord record)
    {
        byte[] ring = _ring ?? Allocate();
        long head = _head;
        long tail = Volatile.Read(ref _tail);
        int at = (int)(head % _capacity);
        bool skips = _capacity - at <= AccessLogFormat.MaxLineBytes;
        if (skips)
        {
            head += _capacity - at;
            at = 0;
        }

        long used = head - tail;
        if (Volatile.Read(ref _closed) || used + AccessLogFormat.MaxLineBytes > _capacity)
        {
            _counters.AccessLogDrops++;
            return;
        }

        if (skips)
        {
            // Only now: there being room proves that the consumer has passed the end of the lap before.
            Volatile.Write(ref _lapEnd, _head);
        }

        Span<byte> room = ring.AsSpan(at, AccessLogFormat.MaxLineBytes);
        if (!_format.TryWrite(record, _stamps, room, int.MaxValue, out int written)
            && !_format.TryWrite(record, _stamps, room, AccessLogFormat.CutFieldBytes, out written))
        {
            _counters.AccessLogDrops++;
            return;
        }

        _counters.AccessLogRecords++;
        Volatile.Write(ref _head, head + written);
        _wakeUp.Signal(isUrgent: used + written > _capacity / 2);
    }

    /// <summary>From now on records are dropped. Writer thread.</summary>
    internal void Close() => Volatile.Write(ref _closed, true);

    /// <summary>Whole lines waiting, in one piece; empty when there are none. Writer thread.</summary>
    internal ReadOnlySpan<byte> Peek()
    {
        long head = Volatile.Read(ref _head);
        long tail = _tail;
        if (head == tail)
        {
            return default;
        }

        int at = (int)(tail % _capacity);
        long lap = tail - at;
        if (head < lap + _capacity)
        {
            return _ring.AsSpan(at, (int)(head - tail));
        }

        // The producer is a lap ahead, so _lapEnd speaks of this lap.
        long end = Volatile.Read(ref _lapEnd);
        if (end > tail)
        {
            return _ring.AsSpan(at, (int)(end - tail));
        }

        Volatile.Write(ref _tail, lap + _capacity);
        return _ring.AsSpan(0, (int)(head - lap - _capacity));
    }

    /// <summary>Gives the first <paramref name="bytes"/> of what <see cref="Peek"/> showed back to the producer.
    /// Writer thread.</summary>
    internal void Advance(int bytes) => Volatile.Write(ref _tail, _tail + bytes);

    private byte[] Allocate() => _ring = GC.AllocateUninitializedArray<byte>(_capacity);
}
