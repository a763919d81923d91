using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Embedded;
using Proxy.Cluster.Sqlite;

namespace Proxy.Tests.Cluster.Engine;

/// <summary>A disk that fills up or hangs when told to.</summary>
internal sealed class FaultyStorage(IEngineStorage disk) : IEngineStorage
{
    private readonly ManualResetEventSlim _moves = new(initialState: true);
    private int _failures;
    private volatile bool _isStuck;

    /// <summary>Whether the writer waits for the disk.</summary>
    public bool IsStuck => _isStuck;

    public int Commits { get; private set; }

    /// <summary>The next commits fail; with <paramref name="late"/> they fail after they were written.</summary>
    public void Fail(int commits, bool late = false)
    {
        FailsLate = late;
        Volatile.Write(ref _failures, commits);
    }

    private bool FailsLate { get; set; }

    public bool HasFailed => Volatile.Read(ref _failures) == 0;

    public void Hang() => _moves.Reset();

    public void Move() => _moves.Set();

    public StoredEngine Load() => disk.Load();

    public void Write(IReadOnlyList<EngineChange> changes) => disk.Write(changes);

    public void WriteLease(LeaseId id, TimeSpan timeToLive) => disk.WriteLease(id, timeToLive);

    public void DropLease(LeaseId id) => disk.DropLease(id);

    public void Forget(Revision oldest) => disk.Forget(oldest);

    public void Commit()
    {
        if (!_moves.IsSet)
        {
            _isStuck = true;
            _moves.Wait();
            _isStuck = false;
        }

        Commits++;
        if (Volatile.Read(ref _failures) > 0)
        {
            if (FailsLate)
            {
                disk.Commit();
            }

            Interlocked.Decrement(ref _failures);
            throw new SqliteException(13, "database or disk is full");
        }

        disk.Commit();
    }

    public void Rollback() => disk.Rollback();

    public void Dispose()
    {
        disk.Dispose();
        _moves.Dispose();
    }
}
