using Proxy.Cluster.Sqlite;

namespace Proxy.Cluster.Engine.Embedded;

/// <summary>The store and the storage together. The watches hear of a turn when it is on disk; after one that failed
/// the next begins from what the file says.</summary>
internal sealed class EmbeddedWriter : IWriterFile<EmbeddedTurn>
{
    /// <summary>How many revisions the file may be behind the log in forgetting; deleting each alone would double the
    /// writes.</summary>
    private const int ForgetStep = 256;

    private readonly IEngineStorage _storage;
    private readonly TimeProvider _time;
    private readonly long _begin;
    private KeyStore? _store;
    private long _lastLease;
    private Revision _oldestStored;

    /// <exception cref="SqliteException">The storage cannot be read.</exception>
    public EmbeddedWriter(IEngineStorage storage, int history, TimeProvider time)
    {
        (_storage, _time, _begin) = (storage, time, time.GetTimestamp());
        StoredEngine stored = storage.Load();
        Log = new ChangeLog(stored.Oldest, history);
        _store = Take(stored);
    }

    public ChangeLog Log { get; }

    /// <summary>Writer's thread. Never the same twice, not even after a turn that failed.</summary>
    public LeaseId NextLease() => new(++_lastLease);

    public EmbeddedTurn BeginTurn() =>
        new(_store ??= Take(_storage.Load()), _storage, _time.GetElapsedTime(_begin));

    public void CommitTurn(EmbeddedTurn turn)
    {
        Forget(turn);
        _storage.Commit();
        foreach (IReadOnlyList<EngineChange> changes in turn.Written)
        {
            Log.Append(changes);
        }
    }

    public void AbandonTurn()
    {
        _store = null; // Memory is ahead of the file now.
        _storage.Rollback();
    }

    public void Dispose() => _storage.Dispose();

    private KeyStore Take(StoredEngine stored)
    {
        var store = new KeyStore();
        store.Restore(stored.Revision, stored.Items, stored.Leases, _time.GetElapsedTime(_begin));
        _lastLease = Math.Max(_lastLease, stored.LastLease);
        _oldestStored = stored.Oldest;
        // A commit that reported an error may be in the file all the same: then its watches have not heard of it yet.
        Revision known = Log.End;
        foreach (IReadOnlyList<EngineChange> changes in stored.History.Where(e => e[0].Item.Modified >= known))
        {
            Log.Append(changes);
        }

        return store;
    }

    private void Forget(EmbeddedTurn turn)
    {
        Revision oldest = Log.Oldest;
        if (oldest.Value - _oldestStored.Value >= ForgetStep)
        {
            turn.Forget(oldest);
            _oldestStored = oldest;
        }
    }
}
