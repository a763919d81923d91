using System.Collections.Concurrent;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Sqlite;

namespace Proxy.Cluster.Journal;

/// <summary>Journals of one node in one SQLite file. A thread of its own has the file; calls queue for it and share a
/// commit. When the disk fails, the calls of that turn fail and nothing of them is kept.</summary>
internal sealed class SqliteJournal : IJournal
{
    public const string FileName = "journal.db";

    private const int MaxWaiting = 4096;
    private const int MaxCallsPerTurn = 256;

    private readonly BlockingCollection<Call> _waiting = new(MaxWaiting);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly JournalFile _file;
    private readonly TimeProvider _time;
    private readonly TimeSpan _deadline;

    private SqliteJournal(JournalFile file, TimeSpan deadline, TimeProvider time)
    {
        (_file, _deadline, _time) = (file, deadline, time);
        new Thread(Run) { IsBackground = true, Name = "journal" }.Start();
    }

    /// <param name="folder">Made when missing.</param>
    public static EngineResult<SqliteJournal> Open(string folder, TimeSpan deadline, TimeProvider time)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            Directory.CreateDirectory(folder);
            return new SqliteJournal(JournalFile.Open(path), deadline, time);
        }
        catch (Exception problem) when (problem is SqliteException or IOException or UnauthorizedAccessException)
        {
            return EngineFault.Unavailable($"{path}: {problem.Message}");
        }
    }

    public ValueTask<JournalOutcome> AppendAsync(
        string name, long expected, long epoch, IReadOnlyList<JournalEvent> events, CancellationToken cancellation)
    {
        JournalInput.Check(name, expected, epoch, events);
        return WriteAsync(file => file.Append(name, expected, epoch, events), cancellation);
    }

    public ValueTask<EngineResult<JournalPage>> ReadAsync(string name, long from, CancellationToken cancellation)
    {
        JournalInput.Check(name);
        return CallAsync(file => file.Read(name, from), cancellation);
    }

    public ValueTask<JournalOutcome> SaveAsync(
        string name, long epoch, JournalSnapshot snapshot, CancellationToken cancellation)
    {
        JournalInput.Check(name, epoch, snapshot);
        return WriteAsync(file => file.Save(name, epoch, snapshot), cancellation);
    }

    public ValueTask<EngineResult<JournalSnapshot?>> LoadAsync(string name, CancellationToken cancellation)
    {
        JournalInput.Check(name);
        return CallAsync(file => file.Snapshots(name) is [.., var newest] ? newest : null, cancellation);
    }

    public ValueTask<JournalOutcome> TruncateAsync(
        string name, long epoch, long before, CancellationToken cancellation)
    {
        JournalInput.Check(name);
        return WriteAsync(file => file.Truncate(name, epoch, before), cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.CompleteAdding();
        await _ended.Task;
    }

    private void Run()
    {
        var calls = new List<Call>(MaxCallsPerTurn);
        foreach (Call first in _waiting.GetConsumingEnumerable())
        {
            calls.Add(first);
            while (calls.Count < MaxCallsPerTurn && _waiting.TryTake(out Call? next))
            {
                calls.Add(next);
            }

            calls.RemoveAll(static call => !call.TryTake());
            RunTurn(calls);
            calls.Clear();
        }

        _file.Dispose();
        _ended.SetResult();
    }

    private void RunTurn(List<Call> calls)
    {
        try
        {
            calls.ForEach(call => call.CarryOut(_file));
            _file.Commit();
            calls.ForEach(static call => call.Answer());
        }
        catch (SqliteException problem)
        {
            _file.Rollback();
            calls.ForEach(call => call.Fail(EngineFault.Unavailable(problem.Message)));
        }
    }

    private async ValueTask<JournalOutcome> WriteAsync(
        Func<JournalFile, JournalOutcome> write, CancellationToken cancellation)
    {
        EngineResult<JournalOutcome> result = await CallAsync(write, cancellation);
        return result.IsOk ? result.Value : new JournalOutcome.Unavailable(result.Fault.Reason);
    }

    private async ValueTask<EngineResult<T>> CallAsync<T>(Func<JournalFile, T> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var call = new Call<T>(work);
        if (!TryEnqueue(call))
        {
            return EngineFault.Unavailable("too many calls are waiting, or the journal is closed");
        }

        try
        {
            return await call.Result.WaitAsync(_deadline, _time, cancellation);
        }
        catch (TimeoutException)
        {
            call.TryTake();
            return EngineFault.Deadline(_deadline);
        }
        catch (OperationCanceledException)
        {
            call.TryTake();
            throw;
        }
    }

    private bool TryEnqueue(Call call)
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

    private abstract class Call
    {
        private int _taken;

        /// <summary>True for the first who asks: the thread that carries it out, or the caller that gives up.</summary>
        public bool TryTake() => Interlocked.Exchange(ref _taken, 1) == 0;

        public abstract void CarryOut(JournalFile file);

        /// <summary>After the commit.</summary>
        public abstract void Answer();

        public abstract void Fail(EngineFault fault);
    }

    private sealed class Call<T>(Func<JournalFile, T> work) : Call
    {
        private readonly TaskCompletionSource<EngineResult<T>> _answer =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        private EngineResult<T> _result;

        public Task<EngineResult<T>> Result => _answer.Task;

        public override void CarryOut(JournalFile file) => _result = work(file);

        public override void Answer() => _answer.TrySetResult(_result);

        public override void Fail(EngineFault fault) => _answer.TrySetResult(fault);
    }
}
