namespace Proxy.Cluster.Engine.Embedded;

/// <summary>The recent history, one entry per revision without a gap, for watches to read at their own pace. A slow
/// watch costs no memory: it falls behind the oldest entry and is told so. Any thread.</summary>
internal sealed class ChangeLog
{
    private const int MaxRevisionsPerRead = 256;
    private const long MaxBytes = 64 << 20;

    private readonly Lock _lock = new();
    private readonly Queue<EngineChange[]> _entries = new();
    private readonly int _capacity;
    private readonly bool _inline;
    private Revision _oldest;
    private long _bytes;
    private TaskCompletionSource _grown;

    /// <param name="next">The first revision that will be appended.</param>
    /// <param name="capacity">How many revisions to keep.</param>
    /// <param name="inline">Whether watches go on inside of <see cref="Append"/>: for the simulation, which has one
    /// thread and wants one order.</param>
    public ChangeLog(Revision next, int capacity, bool inline = false)
    {
        (_oldest, _capacity, _inline) = (next, capacity, inline);
        _grown = NewSignal();
    }

    /// <summary>The oldest revision that can still be read.</summary>
    public Revision Oldest
    {
        get
        {
            lock (_lock)
            {
                return _oldest;
            }
        }
    }

    /// <summary>The revision that must come next.</summary>
    public Revision End
    {
        get
        {
            lock (_lock)
            {
                return EndLocked;
            }
        }
    }

    private Revision EndLocked => new(_oldest.Value + _entries.Count);

    public void Append(IReadOnlyList<EngineChange> changes)
    {
        TaskCompletionSource grown;
        lock (_lock)
        {
            if (changes[0].Item.Modified != EndLocked)
            {
                throw new InvalidOperationException($"revision {changes[0].Item.Modified} does not follow {EndLocked}");
            }

            _entries.Enqueue([.. changes]);
            _bytes += SizeOf(changes);
            while (_entries.Count > _capacity || (_bytes > MaxBytes && _entries.Count > 1))
            {
                DropOldest();
            }

            grown = SwapSignal();
        }

        grown.SetResult();
    }

    /// <summary>Forgets what is older than that revision.</summary>
    public void Compact(Revision oldest)
    {
        TaskCompletionSource grown;
        lock (_lock)
        {
            while (_oldest < oldest && _entries.Count > 0)
            {
                DropOldest();
            }

            grown = SwapSignal();
        }

        grown.SetResult();
    }

    /// <summary>Wakes every watch without news, to look at something else that changed.</summary>
    public void Wake()
    {
        TaskCompletionSource grown;
        lock (_lock)
        {
            grown = SwapSignal();
        }

        grown.SetResult();
    }

    /// <summary>What is there from that revision on, and a task that ends when there may be more.</summary>
    public LogRead Read(string prefix, Revision from)
    {
        lock (_lock)
        {
            if (from < _oldest)
            {
                return new LogRead([], from, _oldest, false, _grown.Task);
            }

            var found = new List<EngineChange>();
            Revision until = new(Math.Min(EndLocked.Value, from.Value + MaxRevisionsPerRead));
            foreach (EngineChange[] entry in _entries.Skip((int)(from.Value - _oldest.Value)).Take(MaxRevisionsPerRead))
            {
                found.AddRange(entry.Where(change => change.Item.Key.StartsWith(prefix, StringComparison.Ordinal)));
            }

            Revision next = until > from ? until : from;
            return new LogRead(found, next, null, next < EndLocked, _grown.Task);
        }
    }

    private void DropOldest()
    {
        _bytes -= SizeOf(_entries.Dequeue());
        _oldest = _oldest.Next;
    }

    private static long SizeOf(IReadOnlyList<EngineChange> changes) =>
        changes.Sum(static change => (long)change.Item.Key.Length + change.Item.Value.Length);

    private TaskCompletionSource SwapSignal()
    {
        TaskCompletionSource grown = _grown;
        _grown = NewSignal();
        return grown;
    }

    private TaskCompletionSource NewSignal() =>
        new(_inline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <param name="Next">Where the next read begins.</param>
/// <param name="Compacted">When set: the reader fell behind this oldest revision.</param>
/// <param name="HasMore">More than one read's worth was there: read again at once.</param>
/// <param name="Grown">Ends with the next append, compaction or wake.</param>
internal sealed record LogRead(
    List<EngineChange> Changes, Revision Next, Revision? Compacted, bool HasMore, Task Grown);
