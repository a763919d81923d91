using System.Runtime.CompilerServices;
using Npgsql;
using static Proxy.Cluster.Engine.Postgres.PostgresRows;

namespace Proxy.Cluster.Engine.Postgres;

/// <summary>The engine in a PostgreSQL database. Opening connects to nothing; the first call does. Every node sweeps
/// expired leases, so they end while any node lives.</summary>
internal sealed class PostgresEngine : IClusterEngine
{
    private readonly PostgresOptions _options;
    private readonly TimeProvider _time;
    private readonly PostgresDatabase _database;
    private readonly PostgresSchema _schema;
    private readonly PostgresNotices _notices;
    private readonly ITimer _sweep;
    private readonly CancellationTokenSource _closed = new();
    private volatile EngineHealth _health;
    private Task _sweeping = Task.CompletedTask;

    public PostgresEngine(PostgresOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _schema = new PostgresSchema(options.Schema);
        _database = new PostgresDatabase(options, time, _schema.Exists, _schema.Create);
        _notices = new PostgresNotices(_database, _schema, options, time);
        _health = EngineHealth.Unknown(_database.Member);
        _sweep = time.CreateTimer(_ => Sweep(), null, options.Sweep, options.Sweep);
    }

    public EngineHealth Health => _health;

    public async ValueTask<EngineResult<ItemRead>> GetAsync(string key, CancellationToken cancellation)
    {
        EngineResult<Listing> read = await ReadAsync(Command(_schema.Get, EngineKey.Checked(key)), cancellation);
        return read.IsOk ? new ItemRead(read.Value.Items is [var item] ? item : null, read.Value.Revision) : read.Fault;
    }

    public ValueTask<EngineResult<Listing>> ListAsync(string prefix, CancellationToken cancellation) =>
        ReadAsync(Command(_schema.List, EngineKey.CheckedPrefix(prefix), prefix + EngineKey.End), cancellation);

    public ValueTask<EngineResult<CommitOutcome>> CommitAsync(
        EngineTransaction transaction, CancellationToken cancellation) =>
        CallAsync((connection, stop) => CommitAsync(connection, transaction, stop), cancellation);

    public async IAsyncEnumerable<WatchSignal> WatchAsync(
        string prefix, Revision from, [EnumeratorCancellation] CancellationToken cancellation)
    {
        EngineKey.CheckedPrefix(prefix);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closed.Token);
        var watch = new PostgresWatch(_database, _schema, _notices, _options, _time, prefix);
        await foreach (WatchSignal signal in watch.RunAsync(from, stop.Token))
        {
            yield return signal;
        }
    }

    public ValueTask<EngineResult<Lease>> GrantAsync(TimeSpan timeToLive, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        long sentAt = _time.GetTimestamp();
        return CallAsync<Lease>(
            async (connection, stop) =>
            {
                await using NpgsqlBatch batch = Batch(connection, Command(_schema.Grant, timeToLive));
                long id = (long)(await batch.ExecuteScalarAsync(stop))!; // RETURNING gives one row.
                return new Lease(new LeaseId(id), timeToLive, sentAt);
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
            async (connection, stop) =>
            {
                await using NpgsqlBatch batch = Batch(
                    connection, Command(_schema.KeepAlive, lease.Value), Command(_schema.LeaseKeys, lease.Value));
                await using NpgsqlDataReader rows = await batch.ExecuteReaderAsync(stop);
                if (!await rows.ReadAsync(stop))
                {
                    return EngineFault.Lost(lease);
                }

                TimeSpan timeToLive = rows.GetTimeSpan(0);
                await rows.NextResultAsync(stop);
                List<string> keys = await ReadAllAsync(rows, static row => row.GetString(0), stop);
                return new AttachedLease(new Lease(lease, timeToLive, sentAt), keys);
            },
            cancellation);
    }

    public ValueTask<EngineResult<Revision>> RevokeAsync(LeaseId lease, CancellationToken cancellation) =>
        CallAsync(
            (connection, stop) => DropAsync(connection, Command(_schema.DropLease, lease.Value), stop), cancellation);

    /// <summary>Drops the history before that revision; otherwise the options say how much is kept.</summary>
    public ValueTask<EngineResult<Revision>> CompactAsync(Revision oldest, CancellationToken cancellation) =>
        CallAsync<Revision>(
            async (connection, stop) =>
            {
                await using PostgresWrite write = await PostgresWrite.BeginAsync(connection, _schema, _options, stop);
                write.Forget(oldest);
                await write.CommitAsync(stop);
                return write.Revision;
            },
            cancellation);

    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync();
        await _closed.CancelAsync();
        await _sweeping;
        await _notices.DisposeAsync();
        await _database.DisposeAsync();
    }

    private ValueTask<EngineResult<Listing>> ReadAsync(NpgsqlBatchCommand query, CancellationToken cancellation) =>
        CallAsync<Listing>(
            async (connection, stop) =>
            {
                await using NpgsqlBatch batch = Batch(connection, query);
                await using NpgsqlDataReader rows = await batch.ExecuteReaderAsync(stop);
                var items = new List<EngineItem>();
                Revision revision = default;
                while (await rows.ReadAsync(stop))
                {
                    revision = new Revision(rows.GetInt64(0));
                    if (!await rows.IsDBNullAsync(1, stop))
                    {
                        items.Add(Item(rows, 1));
                    }
                }

                return new Listing(items, revision);
            },
            cancellation);

    private async ValueTask<EngineResult<CommitOutcome>> CommitAsync(
        NpgsqlConnection connection, EngineTransaction transaction, CancellationToken stop)
    {
        await using PostgresWrite write = await PostgresWrite.BeginAsync(connection, _schema, _options, stop);
        IReadOnlyList<string> compared = transaction.ComparedKeys();
        Dictionary<string, EngineItem> items = await write.ItemsAsync(
            compared.Union(transaction.Writes.Select(static w => w.Key), StringComparer.Ordinal), stop);
        if (!transaction.Compares.All(compare => compare.Holds(items.GetValueOrDefault(compare.Key))))
        {
            IEnumerable<EngineItem?> found = compared.Select(key => items.GetValueOrDefault(key));
            return new CommitOutcome(false, write.Revision, [.. found.OfType<EngineItem>()]);
        }

        LeaseId[] leases =
        [
            .. transaction.Writes.OfType<EngineWrite.Put>().Select(static put => put.Lease)
                .Where(static lease => lease != LeaseId.None).Distinct(),
        ];
        LeaseId lost = await write.FirstLostAsync(leases, stop);
        if (lost != LeaseId.None)
        {
            return EngineFault.Lost(lost);
        }

        write.Apply(transaction.Writes, items);
        await write.CommitAsync(stop);
        return new CommitOutcome(true, write.Revision, []);
    }

    private async ValueTask<EngineResult<Revision>> DropAsync(
        NpgsqlConnection connection, NpgsqlBatchCommand drop, CancellationToken stop)
    {
        await using PostgresWrite write = await PostgresWrite.BeginAsync(connection, _schema, _options, stop);
        await write.DropLeasesAsync(drop, stop);
        await write.CommitAsync(stop);
        return write.Revision;
    }

    private void Sweep()
    {
        if (_sweeping.IsCompleted && !_closed.IsCancellationRequested)
        {
            _sweeping = SweepAsync();
        }
    }

    private async Task SweepAsync()
    {
        try
        {
            await _database.CallAsync<Revision>(
                async (connection, stop) =>
                {
                    await using (NpgsqlBatch look = Batch(connection, Command(_schema.AnyExpired)))
                    {
                        if (await look.ExecuteScalarAsync(stop) is not true)
                        {
                            return default(Revision);
                        }
                    }

                    return await DropAsync(connection, Command(_schema.DropExpired), stop);
                },
                _closed.Token);
        }
        catch (OperationCanceledException)
        {
            // Closing; another node sweeps.
        }
    }

    private async ValueTask<EngineResult<T>> CallAsync<T>(
        Func<NpgsqlConnection, CancellationToken, ValueTask<EngineResult<T>>> work, CancellationToken cancellation)
    {
        EngineResult<T> result = await _database.CallAsync(work, cancellation);
        _health = result.Fault is { Kind: EngineFaultKind.Unavailable or EngineFaultKind.Denied } fault
            ? new EngineHealth(EngineState.Unavailable, _database.Member, fault.Reason)
            : new EngineHealth(EngineState.Available, _database.Member, "");
        return result;
    }
}
