using System.Collections.Concurrent;

namespace Proxy.Edge.Replication;

/// <summary>Numbers that every node counts for itself and that mean their sum: each node writes only its own slot, so
/// nothing can be lost by writing over it. Counting is local and cheap; <see cref="Flush"/> sends what changed, some
/// times a second. A node that is gone is left out of sums by <see cref="SetPeers"/>; its slots expire. Safe on every
/// thread.</summary>
public sealed class SummedCounters(Replica replica, NodeTag self, int maxKeys)
{
    private readonly ConcurrentDictionary<EntryKey, CountSlot> _own = new();
    private readonly ConcurrentQueue<CountSlot> _changed = new();
    private NodeTag[] _peers = [];
    private int _keys;

    /// <summary>The other nodes that count.</summary>
    public void SetPeers(IEnumerable<NodeTag> peers) => Volatile.Write(ref _peers, [.. peers.Where(p => p != self)]);

    /// <summary>Adds to this node's slot; answers its new value, or -1 when there are too many keys.</summary>
    /// <param name="now">Milliseconds since 1970.</param>
    public long Add(in EntryKey key, long amount, TimeSpan lifetime, long now)
    {
        if (SlotOf(key) is not { } slot)
        {
            return -1;
        }

        long value = Interlocked.Add(ref slot.Value, amount);
        Changed(slot, lifetime, now);
        return value;
    }

    /// <summary>Sets this node's slot, for things that go up and down; false when there are too many keys.</summary>
    /// <param name="now">Milliseconds since 1970.</param>
    public bool Set(in EntryKey key, long value, TimeSpan lifetime, long now)
    {
        if (SlotOf(key) is not { } slot)
        {
            return false;
        }

        if (Interlocked.Exchange(ref slot.Value, value) != value || slot.KeepUntil <= now)
        {
            Changed(slot, lifetime, now);
        }

        return true;
    }

    /// <summary>What this node has counted, up to this instant.</summary>
    public long Own(in EntryKey key) => _own.TryGetValue(key, out CountSlot? slot) ? Volatile.Read(ref slot.Value) : 0;

    /// <summary>What the others have told.</summary>
    /// <param name="now">Milliseconds since 1970.</param>
    public long Others(in EntryKey key, long now)
    {
        long sum = 0;
        foreach (NodeTag peer in Volatile.Read(ref _peers))
        {
            if (replica.TryRead(key.SlotOf(peer), now, out ReplicatedEntry entry))
            {
                sum += (long)(entry.Value >> 1);
            }
        }

        return sum;
    }

    public long Sum(in EntryKey key, long now) => Own(key) + Others(key, now);

    /// <summary>Sends what changed since the last time. One caller at a time.</summary>
    /// <param name="now">Milliseconds since 1970.</param>
    public int Flush(long now)
    {
        int sent = 0;
        for (int left = _changed.Count; left > 0 && _changed.TryDequeue(out CountSlot? slot); left--)
        {
            // Cleared before the value is read: what is counted from here on marks the slot again.
            Volatile.Write(ref slot.Marked, 0);
            Interlocked.MemoryBarrier();
            ulong told = Told(Volatile.Read(ref slot.Value));
            var lifetime = TimeSpan.FromMilliseconds(Math.Max(0, Volatile.Read(ref slot.KeepUntil) - now));
            replica.Write(slot.Key.SlotOf(self), told, lifetime, now);
            sent++;
        }

        return sent;
    }

    /// <summary>Forgets own slots whose lifetime is over, and has those sent again that hold what an earlier life of
    /// this node wrote by a clock that was ahead. One caller at a time.</summary>
    /// <param name="now">Milliseconds since 1970.</param>
    public int Sweep(long now)
    {
        int removed = 0;
        foreach ((EntryKey key, CountSlot slot) in _own)
        {
            if (Volatile.Read(ref slot.KeepUntil) <= now && _own.TryRemove(key, out _))
            {
                Interlocked.Decrement(ref _keys);
                removed++;
            }
            else if (!replica.TryRead(key.SlotOf(self), now, out ReplicatedEntry told)
                || told.Value != Told(Volatile.Read(ref slot.Value)))
            {
                Mark(slot);
            }
        }

        return removed;
    }

    private CountSlot? SlotOf(in EntryKey key)
    {
        if (_own.TryGetValue(key, out CountSlot? slot))
        {
            return slot;
        }

        // Several threads with new keys may go beyond the bound by one each; counting a reservation before the key is
        // there would refuse others that bring the same key.
        if (Volatile.Read(ref _keys) >= maxKeys)
        {
            return null;
        }

        var fresh = new CountSlot(key);
        slot = _own.GetOrAdd(key, fresh);
        if (ReferenceEquals(slot, fresh))
        {
            Interlocked.Increment(ref _keys);
        }

        return slot;
    }

    private void Changed(CountSlot slot, TimeSpan lifetime, long now)
    {
        Volatile.Write(ref slot.KeepUntil, now + (long)lifetime.TotalMilliseconds);
        Mark(slot);
    }

    private static ulong Told(long value) => ((ulong)Math.Max(0, value) << 1) | ReplicatedEntry.Certain;

    private void Mark(CountSlot slot)
    {
        if (Volatile.Read(ref slot.Marked) == 0 && Interlocked.Exchange(ref slot.Marked, 1) == 0)
        {
            _changed.Enqueue(slot);
        }
    }

    private sealed class CountSlot(EntryKey key)
    {
        public long Value;
        public long KeepUntil = long.MaxValue;
        public int Marked;

        public EntryKey Key => key;
    }
}
