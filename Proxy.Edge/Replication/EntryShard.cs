namespace Proxy.Edge.Replication;

/// <summary>What became of an entry.</summary>
public enum EntryOutcome : byte
{
    Added,
    Replaced,

    /// <summary>There is a newer one.</summary>
    Stale,

    /// <summary>The table is full of entries that live longer.</summary>
    NoRoom,
}

/// <summary>One part of a table: open addressing with linear probing. Readers take nothing: they read, and again when
/// the version says that somebody wrote meanwhile. Writers hold the shard (an odd version) for some tens of
/// nanoseconds; nobody sleeps while holding it.</summary>
internal sealed class EntryShard(int maxEntries)
{
    private const int FirstCapacity = 4;
    private const int OptimisticCopies = 3;

    private ReplicatedEntry[] _slots = new ReplicatedEntry[FirstCapacity];
    private int _count;
    private uint _version;
    private uint _evictedUpTo;
    private long _evicted;

    public int Count => Volatile.Read(ref _count);

    public long Evicted => Volatile.Read(ref _evicted);

    public bool TryRead(in EntryKey key, out ReplicatedEntry entry)
    {
        var spin = default(SpinWait);
        while (true)
        {
            uint version = Volatile.Read(ref _version);
            if ((version & 1) == 0)
            {
                ReplicatedEntry[] slots = Volatile.Read(ref _slots);
                int index = IndexOf(slots, key);
                entry = index >= 0 ? slots[index] : default;
                Volatile.ReadBarrier();
                if (Volatile.Read(ref _version) == version)
                {
                    return index >= 0;
                }
            }

            spin.SpinOnce(-1);
        }
    }

    public EntryOutcome Put(in ReplicatedEntry entry)
    {
        Hold();
        try
        {
            return PutHeld(entry);
        }
        finally
        {
            Release();
        }
    }

    /// <summary>Removes what has expired; answers how many.</summary>
    /// <param name="now">Seconds since 1970.</param>
    public int Sweep(uint now)
    {
        if (Count == 0)
        {
            return 0;
        }

        Hold();
        int removed = 0;
        try
        {
            ReplicatedEntry[] slots = _slots;
            for (int i = 0; i < slots.Length; i++)
            {
                // Removing moves another entry into the slot: look again.
                while (slots[i].Stamp.Value != 0 && slots[i].Expiry <= now)
                {
                    RemoveAt(slots, i);
                    removed++;
                }
            }

            _evictedUpTo = Count < maxEntries / 2 ? 0 : _evictedUpTo;
        }
        finally
        {
            Release();
        }

        return removed;
    }

    /// <summary>Copies all entries to the front of the buffer, which grows when it is too small.</summary>
    public int CopyTo(ref ReplicatedEntry[] buffer)
    {
        for (int attempt = 0; attempt < OptimisticCopies; attempt++)
        {
            uint version = Volatile.Read(ref _version);
            if ((version & 1) == 0)
            {
                int count = Copy(Volatile.Read(ref _slots), ref buffer);
                Volatile.ReadBarrier();
                if (Volatile.Read(ref _version) == version)
                {
                    return count;
                }
            }
        }

        Hold();
        try
        {
            return Copy(_slots, ref buffer);
        }
        finally
        {
            Release();
        }
    }

    private static int Copy(ReplicatedEntry[] slots, ref ReplicatedEntry[] buffer)
    {
        if (buffer.Length < slots.Length)
        {
            buffer = new ReplicatedEntry[slots.Length];
        }

        int count = 0;
        foreach (ref readonly ReplicatedEntry slot in slots.AsSpan())
        {
            if (slot.Stamp.Value != 0)
            {
                buffer[count++] = slot;
            }
        }

        return count;
    }

    /// <summary>The slot of the key, or the complement of the empty one it would get. A reader may run into an array
    /// that is being changed: it ends all the same, because it never looks at more slots than there are.</summary>
    private static int IndexOf(ReplicatedEntry[] slots, in EntryKey key)
    {
        int mask = slots.Length - 1;
        int index = (int)key.Low & mask;
        for (int i = 0; i < slots.Length; i++)
        {
            ref readonly ReplicatedEntry slot = ref slots[index];
            if (slot.Stamp.Value == 0)
            {
                return ~index;
            }

            if (slot.Key == key)
            {
                return index;
            }

            index = (index + 1) & mask;
        }

        return ~0;
    }

    private EntryOutcome PutHeld(in ReplicatedEntry entry)
    {
        int index = IndexOf(_slots, entry.Key);
        if (index >= 0)
        {
            ref ReplicatedEntry slot = ref _slots[index];
            // What was over when this was written only waits to be swept.
            if (slot.Expiry * 1000L > entry.Stamp.Milliseconds && !entry.Beats(slot))
            {
                return EntryOutcome.Stale;
            }

            slot = entry;
            return EntryOutcome.Replaced;
        }

        if (_count >= maxEntries)
        {
            if (entry.Expiry < _evictedUpTo)
            {
                return EntryOutcome.NoRoom;
            }

            Evict();
            index = IndexOf(_slots, entry.Key);
        }
        else if (_count >= _slots.Length / 4 * 3)
        {
            Grow();
            index = IndexOf(_slots, entry.Key);
        }

        _slots[~index] = entry;
        Volatile.Write(ref _count, _count + 1);
        return EntryOutcome.Added;
    }

    private void Grow()
    {
        var larger = new ReplicatedEntry[_slots.Length * 2];
        foreach (ref readonly ReplicatedEntry slot in _slots.AsSpan())
        {
            if (slot.Stamp.Value != 0)
            {
                larger[~IndexOf(larger, slot.Key)] = slot;
            }
        }

        Volatile.Write(ref _slots, larger);
    }

    /// <summary>Makes room by removing the sixteenth that expires first; in pieces, so that a full table does not pay a
    /// search for every entry. What expires earlier than these is not let in again while the shard is full, or a peer
    /// that still has it would bring it back for ever.</summary>
    private void Evict()
    {
        uint[] expiries = new uint[_count];
        int found = 0;
        foreach (ref readonly ReplicatedEntry slot in _slots.AsSpan())
        {
            if (slot.Stamp.Value != 0)
            {
                expiries[found++] = slot.Expiry;
            }
        }

        Array.Sort(expiries);
        int wanted = Math.Max(1, found / 16);
        _evictedUpTo = expiries[wanted - 1];
        for (int i = 0; i < _slots.Length && wanted > 0; i++)
        {
            while (wanted > 0 && _slots[i].Stamp.Value != 0 && _slots[i].Expiry <= _evictedUpTo)
            {
                RemoveAt(_slots, i);
                wanted--;
                Volatile.Write(ref _evicted, _evicted + 1);
            }
        }
    }

    /// <summary>Closes the gap, so that no mark of removed entries is needed.</summary>
    private void RemoveAt(ReplicatedEntry[] slots, int index)
    {
        int mask = slots.Length - 1;
        int gap = index;
        for (int next = (gap + 1) & mask; slots[next].Stamp.Value != 0; next = (next + 1) & mask)
        {
            int home = (int)slots[next].Key.Low & mask;
            if (((next - home) & mask) >= ((next - gap) & mask))
            {
                slots[gap] = slots[next];
                gap = next;
            }
        }

        slots[gap] = default;
        Volatile.Write(ref _count, _count - 1);
    }

    private void Hold()
    {
        var spin = default(SpinWait);
        while (true)
        {
            uint version = Volatile.Read(ref _version);
            if ((version & 1) == 0 && Interlocked.CompareExchange(ref _version, version + 1, version) == version)
            {
                return;
            }

            spin.SpinOnce(-1);
        }
    }

    private void Release() => Volatile.Write(ref _version, unchecked(_version + 1));
}
