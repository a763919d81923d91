using System.Collections.Concurrent;
using Proxy.Cluster.Sqlite;

namespace Proxy.Cluster.Engine.Embedded;

/// <summary>The thread that owns the store and the storage. Takes what waits, carries it out, commits once, and only
/// then answers and tells the watches: nobody ever sees what a power cut could take back.</summary>
internal sealed class EmbeddedWriter : IAsyncDisposable
{
    // More than the largest commit burst of a node by far; beyond it somebody runs away.
    private const int MaxWaiting = 4096;
    private const int MaxCallsPerTurn = 256;

    /// <summary>How many revisions the file may be behind the log in forgetting; deleting each alone would double the
    /// writes.</summary>
    private const int ForgetStep = 256;

    private readonly BlockingCollection<EmbeddedCall> _waiting = new(MaxWaiting);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
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
        Take(stored);
        new Thread(Run) { IsBackground = true, Name = "engine" }.Start();
    }

    public ChangeLog Log { get; }

    /// <summary>Any thread. False when too much is waiting or the engine is closed.</summary>
    public bool TryEnqueue(EmbeddedCall call)
    {
        try
        {
            return _waiting.TryAdd(call);
        }
        catch (InvalidOperationException)
        {
            return false; // Closed.
        }
    }

    /// <summary>Writer's thread. Never the same twice, not even after a turn that failed.</summary>
    public LeaseId NextLease() => new(++_lastLease);

    public async ValueTask DisposeAsync()
    {
        _waiting.CompleteAdding();
        await _ended.Task;
    }

    private void Run()
    {
        var calls = new List<EmbeddedCall>(MaxCallsPerTurn);
        foreach (EmbeddedCall first in _waiting.GetConsumingEnumerable())
        {
            calls.Add(first);
            while (calls.Count < MaxCallsPerTurn && _waiting.TryTake(out EmbeddedCall? next))
            {
                calls.Add(next);
            }

            calls.RemoveAll(static call => !call.TryTake());
            RunTurn(calls);
            calls.Clear();
        }

        _storage.Dispose();
        _ended.SetResult();
    }

    private void RunTurn(List<EmbeddedCall> calls)
    {
        try
        {
            if (_store is null)
            {
                Take(_storage.Load());
            }

            var turn = new EmbeddedTurn(_store!, _storage, _time.GetElapsedTime(_begin));
            foreach (EmbeddedCall call in calls)
            {
                call.CarryOut(turn);
            }

            Forget(turn);
            _storage.Commit();
            foreach (IReadOnlyList<EngineChange> changes in turn.Written)
            {
                Log.Append(changes);
            }

            calls.ForEach(static call => call.Answer());
        }
        catch (SqliteException problem)
        {
            // Memory is ahead of the file now. The next turn begins from the file.
            _store = null;
            _storage.Rollback();
            calls.ForEach(call => call.Fail(EngineFault.Unavailable(problem.Message)));
        }
    }

    private void Take(StoredEngine stored)
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

        _store = store;
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
