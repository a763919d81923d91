using Proxy.Cluster.Engine;
using Proxy.Cluster.Sqlite;

namespace Proxy.Cluster.Journal;

/// <summary>Journals of one node in one SQLite file. A thread of its own has the file; calls queue for it and share a
/// commit. When the disk fails, the calls of that turn fail and nothing of them is kept.</summary>
internal sealed class SqliteJournal : IJournal
{
    public const string FileName = "journal.db";

    private readonly WriterQueue<JournalFile> _queue;

    private SqliteJournal(JournalFile file, TimeSpan deadline, TimeProvider time) =>
        _queue = new WriterQueue<JournalFile>(file, "journal", deadline, time);

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
        return _queue.CallAsync<JournalPage>(file => file.Read(name, from), cancellation);
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
        return _queue.CallAsync<JournalSnapshot?>(
            file => file.Snapshots(name) is [.., var newest] ? newest : null, cancellation);
    }

    public ValueTask<JournalOutcome> TruncateAsync(
        string name, long epoch, long before, CancellationToken cancellation)
    {
        JournalInput.Check(name);
        return WriteAsync(file => file.Truncate(name, epoch, before), cancellation);
    }

    public ValueTask DisposeAsync() => _queue.DisposeAsync();

    private async ValueTask<JournalOutcome> WriteAsync(
        Func<JournalFile, EngineResult<JournalOutcome>> write, CancellationToken cancellation)
    {
        EngineResult<JournalOutcome> result = await _queue.CallAsync(write, cancellation);
        return result.IsOk ? result.Value : new JournalOutcome.Unavailable(result.Fault.Reason);
    }
}
