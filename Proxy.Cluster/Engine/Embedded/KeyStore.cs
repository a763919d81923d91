namespace Proxy.Cluster.Engine.Embedded;

/// <summary>Keys, revisions and leases as a pure machine: the clock is an argument, the changes are a result. One
/// thread. Memory only; who wants to keep it writes the changes down.</summary>
internal sealed class KeyStore
{
    private readonly Dictionary<string, EngineItem> _items = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<LeaseId, HeldLease> _leases = [];

    // As in etcd: an empty store is at revision 1, so that 0 can mean "no such key".
    public Revision Revision { get; private set; } = new(1);

    public EngineItem? Get(string key) => _items.GetValueOrDefault(key);

    public IReadOnlyList<EngineItem> List(string prefix) =>
        [.. _keys.GetViewBetween(prefix, prefix + EngineKey.End).Select(key => _items[key])];

    /// <summary>Fills an empty store from what was kept. Every lease starts anew in full: nobody knows how long the
    /// store was away, and too long is safe where too short is not.</summary>
    public void Restore(
        Revision revision, IEnumerable<EngineItem> items, IEnumerable<(LeaseId Id, TimeSpan Ttl)> leases, TimeSpan now)
    {
        Revision = revision;
        foreach ((LeaseId id, TimeSpan ttl) in leases)
        {
            _leases[id] = new HeldLease(ttl, now + ttl);
        }

        foreach (EngineItem item in items)
        {
            Place(item);
        }
    }

    /// <param name="changes">Gets the changes in the order of the writes; empty when nothing changed.</param>
    public EngineResult<CommitOutcome> Commit(EngineTransaction transaction, List<EngineChange> changes)
    {
        foreach (EngineCompare compare in transaction.Compares)
        {
            if (!compare.Holds(Get(compare.Key)))
            {
                IEnumerable<EngineItem?> found = transaction.ComparedKeys().Select(Get);
                return new CommitOutcome(false, Revision, [.. found.OfType<EngineItem>()]);
            }
        }

        foreach (EngineWrite write in transaction.Writes)
        {
            if (write is EngineWrite.Put { Lease: var lease } && lease != LeaseId.None && !_leases.ContainsKey(lease))
            {
                return EngineFault.Lost(lease);
            }
        }

        Revision next = Revision.Next;
        foreach (EngineWrite write in transaction.Writes)
        {
            if (write is EngineWrite.Put put)
            {
                changes.Add(new EngineChange(ChangeKind.Put, PutAt(put, next)));
            }
            else if (Remove(write.Key))
            {
                changes.Add(EngineChange.Deleted(write.Key, next));
            }
        }

        Revision = changes.Count > 0 ? next : Revision;
        return new CommitOutcome(true, Revision, []);
    }

    public void Grant(LeaseId id, TimeSpan ttl, TimeSpan now) => _leases.Add(id, new HeldLease(ttl, now + ttl));

    /// <summary>Null when the lease has ended.</summary>
    public TimeSpan? KeepAlive(LeaseId id, TimeSpan now)
    {
        if (!_leases.TryGetValue(id, out HeldLease? lease))
        {
            return null;
        }

        lease.Expires = now + lease.Ttl;
        return lease.Ttl;
    }

    public IReadOnlyList<string> KeysOf(LeaseId id) =>
        _leases.TryGetValue(id, out HeldLease? lease) ? [.. lease.Keys] : [];

    /// <summary>Ends the lease; its keys go at one revision. False when it has ended already.</summary>
    public bool Revoke(LeaseId id, List<EngineChange> changes)
    {
        if (!_leases.Remove(id, out HeldLease? lease))
        {
            return false;
        }

        if (lease.Keys.Count > 0)
        {
            Revision = Revision.Next;
            foreach (string key in lease.Keys)
            {
                _items.Remove(key);
                _keys.Remove(key);
                changes.Add(EngineChange.Deleted(key, Revision));
            }
        }

        return true;
    }

    /// <summary>Leases whose time is over, oldest id first; they still hold until they are revoked.</summary>
    public IReadOnlyList<LeaseId> Expired(TimeSpan now) =>
    [
        .. _leases.Where(pair => pair.Value.Expires <= now)
            .Select(static pair => pair.Key)
            .OrderBy(static id => id.Value),
    ];

    /// <summary>What a change of the leader does: every lease lives its full time from now.</summary>
    public void RestartLeases(TimeSpan now)
    {
        foreach (HeldLease lease in _leases.Values)
        {
            lease.Expires = now + lease.Ttl;
        }
    }

    private EngineItem PutAt(EngineWrite.Put put, Revision at)
    {
        EngineItem? before = Get(put.Key);
        Remove(put.Key);
        // Its own copy: the caller may use its buffer again.
        var item = new EngineItem(
            put.Key, put.Value.ToArray(), before?.Created ?? at, at, (before?.Version ?? 0) + 1, put.Lease);
        Place(item);
        return item;
    }

    private void Place(EngineItem item)
    {
        _items[item.Key] = item;
        _keys.Add(item.Key);
        if (item.Lease != LeaseId.None)
        {
            _leases[item.Lease].Keys.Add(item.Key);
        }
    }

    private bool Remove(string key)
    {
        if (!_items.Remove(key, out EngineItem? item))
        {
            return false;
        }

        _keys.Remove(key);
        if (item.Lease != LeaseId.None)
        {
            _leases[item.Lease].Keys.Remove(key);
        }

        return true;
    }

    private sealed class HeldLease(TimeSpan ttl, TimeSpan expires)
    {
        public TimeSpan Ttl => ttl;

        public TimeSpan Expires { get; set; } = expires;

        public SortedSet<string> Keys { get; } = new(StringComparer.Ordinal);
    }
}
