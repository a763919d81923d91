namespace Proxy.Edge.Replication;

/// <summary>Counts of what came from peers.</summary>
public readonly record struct ApplyCounts(int Applied, int Stale, int Refused);

/// <summary>A table that all nodes hold together: what is written here goes to every peer, what they write comes here.
/// Safe on every thread; nothing waits.</summary>
public sealed class Replica
{
    private readonly HybridClock _clock;
    private readonly NodeTag _node;

    /// <param name="id">Names the table on the wire.</param>
    /// <param name="clock">One per node, shared by its replicas.</param>
    public Replica(byte id, NodeTag node, HybridClock clock, ReplicaTable table, WriteJournal journal)
    {
        Id = id;
        _node = node;
        _clock = clock;
        Table = table;
        Journal = journal;
    }

    public byte Id { get; }

    public ReplicaTable Table { get; }

    public WriteJournal Journal { get; }

    /// <inheritdoc cref="ReplicaTable.TryRead"/>
    public bool TryRead(in EntryKey key, long now, out ReplicatedEntry entry) => Table.TryRead(key, now, out entry);

    /// <summary>Writes here and to every peer. False when a peer wrote it a moment later, or the table is full of
    /// what lives longer. Whoever refreshes an entry often should do so only when much of its life has passed: each
    /// call travels to every peer.</summary>
    /// <param name="value">0 removes; <paramref name="lifetime"/> is then how long the removal is remembered, and
    /// should be longer than a peer can be away.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    public bool Write(in EntryKey key, ulong value, TimeSpan lifetime, long now)
    {
        var entry = new ReplicatedEntry
        {
            Key = key,
            Stamp = _clock.Next(now),
            Value = value,
            Origin = _node,
            Expiry = ReplicatedEntry.ExpiryAfter(now, lifetime),
        };
        // The table first: a snapshot begins with the journal's head and must hold everything before it.
        if (Table.Put(entry) > EntryOutcome.Replaced)
        {
            return false;
        }

        Journal.Append(entry);
        return true;
    }

    /// <summary>Takes over what a peer wrote. Entries that have expired, or whose stamp is further in the future than
    /// clocks may differ, are refused.</summary>
    /// <param name="now">Milliseconds since 1970.</param>
    public ApplyCounts Apply(ReadOnlySpan<ReplicatedEntry> entries, long now)
    {
        int applied = 0;
        int stale = 0;
        foreach (ref readonly ReplicatedEntry entry in entries)
        {
            if (entry.Stamp.Value == 0 || entry.IsExpiredAt(now) || !_clock.TryObserve(entry.Stamp, now))
            {
                continue;
            }

            switch (Table.Put(entry))
            {
                case EntryOutcome.Added or EntryOutcome.Replaced:
                    applied++;
                    break;
                case EntryOutcome.Stale:
                    stale++;
                    break;
            }
        }

        return new ApplyCounts(applied, stale, entries.Length - applied - stale);
    }
}
