namespace Proxy.Cluster.Engine.Embedded;

/// <summary>One turn of the writer: many calls, one commit. Changes go to the store and the storage at once, to the
/// watches only after the commit.</summary>
internal sealed class EmbeddedTurn(KeyStore store, IEngineStorage storage, TimeSpan now)
{
    private readonly List<IReadOnlyList<EngineChange>> _written = [];

    public KeyStore Store => store;

    /// <summary>Since the engine began.</summary>
    public TimeSpan Now => now;

    public IReadOnlyList<IReadOnlyList<EngineChange>> Written => _written;

    public EngineResult<CommitOutcome> Commit(EngineTransaction transaction)
    {
        var changes = new List<EngineChange>();
        EngineResult<CommitOutcome> outcome = store.Commit(transaction, changes);
        Write(changes);
        return outcome;
    }

    public void Grant(LeaseId id, TimeSpan timeToLive)
    {
        store.Grant(id, timeToLive, now);
        storage.WriteLease(id, timeToLive);
    }

    public Revision Revoke(LeaseId id)
    {
        var changes = new List<EngineChange>();
        if (store.Revoke(id, changes))
        {
            storage.DropLease(id);
            Write(changes);
        }

        return store.Revision;
    }

    public void RevokeExpired()
    {
        foreach (LeaseId id in store.Expired(now))
        {
            Revoke(id);
        }
    }

    public void Forget(Revision oldest) => storage.Forget(oldest);

    private void Write(List<EngineChange> changes)
    {
        if (changes.Count > 0)
        {
            storage.Write(changes);
            _written.Add(changes);
        }
    }
}
