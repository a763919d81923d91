using System.Runtime.CompilerServices;
using Proxy.Cluster.Sqlite;

namespace Proxy.Cluster.Engine.Embedded;

/// <summary>The engine of a single node: everything in memory, every acknowledged write in one SQLite file. One thread
/// has both; calls queue for it and share its commits. When the disk fails the calls of that turn fail, and the next
/// turn begins from what the file says.</summary>
internal sealed class EmbeddedEngine : IClusterEngine
{
    public const string FileName = "engine.db";

    private readonly TimeProvider _time;
    private readonly EmbeddedWriter _writer;
    private readonly WriterQueue<EmbeddedTurn> _queue;
    private readonly ITimer _sweep;
    private readonly CancellationTokenSource _closed = new();
    private volatile EngineHealth _health;

    private EmbeddedEngine(EmbeddedWriter writer, EmbeddedOptions options, TimeProvider time)
    {
        (_writer, _time) = (writer, time);
        _queue = new WriterQueue<EmbeddedTurn>(writer, "engine", options.Deadline, time);
        _health = EngineHealth.Unknown(FileName);
        _sweep = time.CreateTimer(_ => Sweep(), null, options.Sweep, options.Sweep);
    }

    public EngineHealth Health => _health;

    /// <param name="folder">The node's state folder; made when missing.</param>
    public static EngineResult<EmbeddedEngine> Open(string folder, EmbeddedOptions options, TimeProvider time)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return Open(EngineFile.Open(Path.Combine(folder, FileName)), options, time);
        }
        catch (Exception problem) when (problem is SqliteException or IOException or UnauthorizedAccessException)
        {
            return EngineFault.Unavailable($"{Path.Combine(folder, FileName)}: {problem.Message}");
        }
    }

    /// <exception cref="SqliteException">It cannot be read.</exception>
    internal static EmbeddedEngine Open(IEngineStorage storage, EmbeddedOptions options, TimeProvider time) =>
        new(new EmbeddedWriter(storage, options.History, time), options, time);

    public ValueTask<EngineResult<ItemRead>> GetAsync(string key, CancellationToken cancellation)
    {
        EngineKey.Checked(key);
        return CallAsync<ItemRead>(turn => new ItemRead(turn.Store.Get(key), turn.Store.Revision), cancellation);
    }

    public ValueTask<EngineResult<Listing>> ListAsync(string prefix, CancellationToken cancellation)
    {
        EngineKey.CheckedPrefix(prefix);
        return CallAsync<Listing>(turn => new Listing(turn.Store.List(prefix), turn.Store.Revision), cancellation);
    }

    public ValueTask<EngineResult<CommitOutcome>> CommitAsync(
        EngineTransaction transaction, CancellationToken cancellation) =>
        CallAsync(turn => turn.Commit(transaction), cancellation);

    public async IAsyncEnumerable<WatchSignal> WatchAsync(
        string prefix,
        Revision from,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        EngineKey.CheckedPrefix(prefix);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closed.Token);
        await foreach (WatchSignal signal in LogWatch.RunAsync(_writer.Log, prefix, from, Stall, stop.Token))
        {
            yield return signal;
        }
    }

    public ValueTask<EngineResult<Lease>> GrantAsync(TimeSpan timeToLive, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        long sentAt = _time.GetTimestamp();
        // The file has whole milliseconds.
        var granted = TimeSpan.FromMilliseconds(Math.Ceiling(timeToLive.TotalMilliseconds));
        return CallAsync<Lease>(
            turn =>
            {
                LeaseId id = _writer.NextLease();
                turn.Grant(id, granted);
                return new Lease(id, granted, sentAt);
            },
            cancellation);
    }

    public async ValueTask<EngineResult<Lease>> KeepAliveAsync(LeaseId lease, CancellationToken cancellation)
    {
        EngineResult<AttachedLease> result = await ReattachAsync(lease, cancellation);
        return result.IsOk ? result.Value.Lease : result.Fault;
    }

    public ValueTask<EngineResult<AttachedLease>> ReattachAsync(LeaseId lease, CancellationToken cancellation)
    {
        long sentAt = _time.GetTimestamp();
        return CallAsync<AttachedLease>(
            turn => turn.Store.KeepAlive(lease, turn.Now) is { } timeToLive
                ? new AttachedLease(new Lease(lease, timeToLive, sentAt), turn.Store.KeysOf(lease))
                : EngineFault.Lost(lease),
            cancellation);
    }

    public ValueTask<EngineResult<Revision>> RevokeAsync(LeaseId lease, CancellationToken cancellation) =>
        CallAsync<Revision>(turn => turn.Revoke(lease), cancellation);

    /// <summary>Drops the history before that revision; otherwise the options say how much is kept.</summary>
    public void Compact(Revision oldest) => _writer.Log.Compact(oldest);

    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync();
        await _closed.CancelAsync();
        await _queue.DisposeAsync();
    }

    private string? Stall() => _health is { State: EngineState.Unavailable } health ? health.Reason : null;

    private void Sweep()
    {
        // Nobody waits for it: what the queue or the disk refuses now is swept the next time.
        _queue.TryEnqueue(new WriterCall<EmbeddedTurn, Revision>(static turn =>
        {
            turn.RevokeExpired();
            return turn.Store.Revision;
        }));
    }

    private async ValueTask<EngineResult<T>> CallAsync<T>(
        Func<EmbeddedTurn, EngineResult<T>> work, CancellationToken cancellation)
    {
        EngineResult<T> result = await _queue.CallAsync(work, cancellation);
        Note(result.Fault);
        return result;
    }

    private void Note(EngineFault? fault)
    {
        EngineState before = _health.State;
        _health = fault is { Kind: EngineFaultKind.Unavailable }
            ? new EngineHealth(EngineState.Unavailable, FileName, fault.Reason)
            : new EngineHealth(EngineState.Available, FileName, "");
        if (before != _health.State)
        {
            _writer.Log.Wake();
        }
    }
}
