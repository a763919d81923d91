using System.Diagnostics.CodeAnalysis;

namespace Proxy.Actors.Runtime;

/// <summary>
/// Keyed timers of one incarnation. The entry object is the generation: an entry replaced or cancelled is void.
/// </summary>
internal sealed class ActorTimers<TMsg>(Incarnation<TMsg> owner, TimeProvider time)
{
    private readonly Dictionary<object, Entry> _entries = [];

    public ITimerHandle Start(object key, TMsg message, TimeSpan due, TimeSpan? period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(due, TimeSpan.Zero);
        if (period is { } every)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(every, TimeSpan.Zero);
        }

        Cancel(key);
        var entry = new Entry(this, owner, key, message, period is not null);
        _entries.Add(key, entry);
        entry.Timer = time.CreateTimerWithoutFlow(static it => ((Entry)it!).Fire(), entry);
        entry.Timer.Change(due, period ?? Timeout.InfiniteTimeSpan);
        return entry;
    }

    public void Cancel(object key)
    {
        if (_entries.Remove(key, out var entry))
        {
            entry.Timer?.Dispose();
        }
    }

    public void CancelAll()
    {
        foreach (var entry in _entries.Values)
        {
            entry.Timer?.Dispose();
        }

        _entries.Clear();
    }

    private bool Holds(Entry entry) => _entries.TryGetValue(entry.Key, out var current) && current == entry;

    private sealed class Entry(
        ActorTimers<TMsg> timers,
        Incarnation<TMsg> owner,
        object key,
        TMsg message,
        bool periodic) : OwnedSignal<TMsg>(owner), ITimerHandle
    {
        private int _queued;

        public object Key => key;

        public ITimer? Timer { get; set; }

        public bool IsActive => timers.Holds(this);

        public void Cancel()
        {
            if (IsActive)
            {
                timers.Cancel(key);
            }
        }

        // On the timer's thread. At most one of these waits, so a slow actor does not pile up ticks.
        public void Fire()
        {
            if (Interlocked.Exchange(ref _queued, 1) == 0)
            {
                Owner.Post(this);
            }
        }

        public override bool TryTake([MaybeNullWhen(false)] out TMsg taken)
        {
            Volatile.Write(ref _queued, 0);
            taken = message;
            if (!IsActive)
            {
                return false;
            }

            if (!periodic)
            {
                timers.Cancel(key);
            }

            return true;
        }
    }
}
