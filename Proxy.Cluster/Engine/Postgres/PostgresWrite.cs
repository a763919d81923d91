using Npgsql;
using static Proxy.Cluster.Engine.Postgres.PostgresRows;

namespace Proxy.Cluster.Engine.Postgres;

/// <summary>One writing transaction: from the lock on the head to the commit. Dropping it without a commit undoes
/// everything. One caller.</summary>
internal sealed class PostgresWrite : IAsyncDisposable
{
    /// <summary>In how many revisions the history is cut once.</summary>
    private const int ForgetStep = 256;

    private readonly NpgsqlConnection _connection;
    private readonly PostgresSchema _schema;
    private readonly int _history;
    private readonly List<NpgsqlBatchCommand> _effects = [];

    private PostgresWrite(NpgsqlConnection connection, PostgresSchema schema, int history) =>
        (_connection, _schema, _history) = (connection, schema, history);

    /// <summary>The head, and what <see cref="Apply"/> made of it.</summary>
    public Revision Revision { get; private set; }

    /// <summary>Waits for its turn among the writers of all nodes.</summary>
    public static async ValueTask<PostgresWrite> BeginAsync(
        NpgsqlConnection connection, PostgresSchema schema, PostgresOptions options, CancellationToken cancellation)
    {
        var write = new PostgresWrite(connection, schema, options.History);
        await connection.BeginTransactionAsync(cancellation);
        await using NpgsqlBatch batch = Batch(
            connection, Command(PostgresSchema.BeginWrite, $"{(long)options.Deadline.TotalMilliseconds}"),
            Command(schema.LockHead));
        await using NpgsqlDataReader rows = await batch.ExecuteReaderAsync(cancellation);
        await rows.NextResultAsync(cancellation);
        await rows.ReadAsync(cancellation);
        write.Revision = new Revision(rows.GetInt64(0));
        return write;
    }

    public async ValueTask<Dictionary<string, EngineItem>> ItemsAsync(
        IEnumerable<string> keys, CancellationToken cancellation)
    {
        await using NpgsqlBatch batch = Batch(_connection, Command(_schema.Items, (object)keys.ToArray()));
        await using NpgsqlDataReader rows = await batch.ExecuteReaderAsync(cancellation);
        List<EngineItem> items = await ReadAllAsync(rows, static row => Item(row, 0), cancellation);
        return items.ToDictionary(static item => item.Key, StringComparer.Ordinal);
    }

    /// <summary>The first of these leases that has ended; <see cref="LeaseId.None"/> when all live.</summary>
    public async ValueTask<LeaseId> FirstLostAsync(LeaseId[] leases, CancellationToken cancellation)
    {
        if (leases.Length == 0)
        {
            return LeaseId.None;
        }

        long[] ids = [.. leases.Select(static lease => lease.Value)];
        await using NpgsqlBatch batch = Batch(_connection, Command(_schema.LiveLeases, ids));
        await using NpgsqlDataReader rows = await batch.ExecuteReaderAsync(cancellation);
        List<long> live = await ReadAllAsync(rows, static row => row.GetInt64(0), cancellation);
        return leases.FirstOrDefault(lease => !live.Contains(lease.Value));
    }

    /// <summary>The writes as the next revision; takes none when nothing changes.</summary>
    public void Apply(IReadOnlyList<EngineWrite> writes, IReadOnlyDictionary<string, EngineItem> before)
    {
        Revision at = Revision.Next;
        int changes = 0;
        foreach (EngineWrite write in writes)
        {
            EngineItem? item = before.GetValueOrDefault(write.Key);
            if (write is EngineWrite.Put put)
            {
                Put(put, item, at, changes++);
            }
            else if (item is not null)
            {
                Delete(write.Key, at, changes++);
            }
        }

        Revision = changes > 0 ? at : Revision;
    }

    /// <summary>Ends the leases that the statement deletes, each with its keys at one revision.</summary>
    public async ValueTask DropLeasesAsync(NpgsqlBatchCommand drop, CancellationToken cancellation)
    {
        List<long> dropped;
        await using (NpgsqlBatch batch = Batch(_connection, drop))
        await using (NpgsqlDataReader rows = await batch.ExecuteReaderAsync(cancellation))
        {
            dropped = await ReadAllAsync(rows, static row => row.GetInt64(0), cancellation);
        }

        foreach (long lease in dropped.Order())
        {
            await using NpgsqlBatch batch = Batch(_connection, Command(_schema.LeaseKeys, lease));
            await using NpgsqlDataReader rows = await batch.ExecuteReaderAsync(cancellation);
            List<string> keys = await ReadAllAsync(rows, static row => row.GetString(0), cancellation);
            for (int i = 0; i < keys.Count; i++)
            {
                Delete(keys[i], Revision.Next, i);
            }

            Revision = keys.Count > 0 ? Revision.Next : Revision;
        }
    }

    /// <summary>Drops the history before that revision.</summary>
    public void Forget(Revision oldest)
    {
        _effects.Add(Command(_schema.Forget, oldest.Value));
        _effects.Add(Command(_schema.SetOldest, oldest.Value));
    }

    public async ValueTask CommitAsync(CancellationToken cancellation)
    {
        if (_effects.Count > 0)
        {
            if (Revision.Value % ForgetStep == 0 && Revision.Value > _history)
            {
                Forget(new Revision(Revision.Value - _history + 1));
            }

            _effects.Add(Command(_schema.SetHead, Revision.Value));
            _effects.Add(Command(_schema.Notify));
        }

        _effects.Add(new NpgsqlBatchCommand("COMMIT"));
        await using NpgsqlBatch batch = Batch(_connection, [.. _effects]);
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    // A connection that goes back to its pool ends its transaction.
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private void Put(EngineWrite.Put put, EngineItem? before, Revision at, int position)
    {
        long created = (before?.Created ?? at).Value;
        long version = (before?.Version ?? 0) + 1;
        byte[] value = put.Value.ToArray();
        _effects.Add(Command(_schema.Put, put.Key, value, created, at.Value, version, put.Lease.Value));
        AddHistory(ChangeKind.Put, put.Key, value, created, version, put.Lease, at, position);
    }

    private void Delete(string key, Revision at, int position)
    {
        _effects.Add(Command(_schema.Delete, key));
        AddHistory(ChangeKind.Delete, key, [], 0, 0, LeaseId.None, at, position);
    }

    private void AddHistory(
        ChangeKind kind, string key, byte[] value, long created, long version, LeaseId lease, Revision at, int position)
    {
        _effects.Add(Command(
            _schema.PutHistory, at.Value, position, (short)kind, key, value, created, version, lease.Value));
    }
}
