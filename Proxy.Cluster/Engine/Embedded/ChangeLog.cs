namespace Proxy.Cluster.Engine.Embedded;

/// <summary>The recent history, one entry per revision without a gap, for watches to read at their own pace. A slow
/// watch costs no memory: it falls behind the oldest entry and is told so. Any thread.</summary>
internal sealed class ChangeLog
{
    private const int MaxRevisionsPerRead = 256;

    private readonly Lock _lock = new();
    private readonly Queue<EngineChange[]> _entries = new();
    private readonly int _capacity;
    private readonly bool _inline;
    private Revision _oldest;
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

    private Revision End => new(_oldest.Value + _entries.Count);

    public void Append(IReadOnlyList<EngineChange> changes)
    {
        TaskCompletionSource grown;
        lock (_lock)
        {
            if (changes[0].Item.Modified != End)
            {
                throw new InvalidOperationException($"revision {changes[0].Item.Modified} does not follow {End}");
            }

            _entries.Enqueue([.. changes]);
            while (_entries.Count > _capacity)
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
            Revision until = new(Math.Min(End.Value, from.Value + MaxRevisionsPerRead));
            foreach (EngineChange[] entry in _entries.Skip((int)(from.Value - _oldest.Value)).Take(MaxRevisionsPerRead))
            {
                found.AddRange(entry.Where(change => change.Item.Key.StartsWith(prefix, StringComparison.Ordinal)));
            }

            Revision next = until > from ? until : from;
            return new LogRead(found, next, null, next < End, _grown.Task);
        }
    }

    private void DropOldest()
    {
        _entries.Dequeue();
        _oldest = _oldest.Next;
    }

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
