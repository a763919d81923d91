using Npgsql;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Postgres;
using static Proxy.Cluster.Engine.Postgres.PostgresRows;

namespace Proxy.Cluster.Journal;

/// <summary>Journals in a PostgreSQL database. Writers of one journal take turns by the lock on its row; other journals
/// are not held up.</summary>
internal sealed class PostgresJournal : IJournal
{
    private readonly PostgresDatabase _database;
    private readonly PostgresJournalSchema _schema;
    private readonly string _deadline;

    /// <param name="options">Its schema is for journals alone.</param>
    public PostgresJournal(PostgresOptions options, TimeProvider time)
    {
        _schema = new PostgresJournalSchema(options.Schema);
        _database = new PostgresDatabase(options, time, _schema.Exists, _schema.Create);
        _deadline = $"{(long)options.Deadline.TotalMilliseconds}";
    }

    public ValueTask<JournalOutcome> AppendAsync(
        string name, long expected, long epoch, IReadOnlyList<JournalEvent> events, CancellationToken cancellation)
    {
        JournalInput.Check(name, expected, epoch, events);
        return WriteAsync(name, async (connection, head, stop) =>
        {
            Dictionary<long, Guid> ids = expected < head.Last
                ? await IdsAsync(connection, name, expected, events.Count, stop)
                : [];
            if (head.JudgeAppend(expected, epoch, events, at => ids.GetValueOrDefault(at)) is { } judgement)
            {
                return Plan.Of(judgement);
            }

            JournalHead after = head.After(epoch, events.Count);
            return new Plan(new JournalOutcome.Ok(after.Last), after,
            [
                .. events.Select((e, i) => Command(
                    _schema.PutEvent, name, expected + 1 + i, e.Id, e.Type, e.At.ToUnixTimeMilliseconds(),
                    e.Payload.ToArray())),
            ]);
        }, cancellation);
    }

    public ValueTask<EngineResult<JournalPage>> ReadAsync(string name, long from, CancellationToken cancellation)
    {
        JournalInput.Check(name);
        return _database.CallAsync<JournalPage>(
            async (connection, stop) =>
            {
                // One statement each, so a truncation between the two may show as a head older than its events;
                // never the other way round.
                await using NpgsqlBatch batch = Batch(
                    connection, Command(_schema.GetHead, name), Command(_schema.GetEvents, name, from));
                await using NpgsqlDataReader rows = await batch.ExecuteReaderAsync(stop);
                JournalHead head = await rows.ReadAsync(stop) ? HeadOf(rows) : JournalHead.Empty;
                await rows.NextResultAsync(stop);
                List<StoredEvent> events = await ReadAllAsync(rows, static row => EventOf(row), stop);
                return events.Count == 0
                    ? new JournalPage([], head.Last, head.Floor)
                    : new JournalPage(
                        events, Math.Max(head.Last, events[^1].Sequence),
                        from < events[0].Sequence ? events[0].Sequence : head.Floor);
            },
            cancellation);
    }

    public ValueTask<JournalOutcome> SaveAsync(
        string name, long epoch, JournalSnapshot snapshot, CancellationToken cancellation)
    {
        JournalInput.Check(name, epoch, snapshot);
        return WriteAsync(name, (_, head, _) => ValueTask.FromResult(
            head.JudgeSnapshot(epoch, snapshot) is { } judgement
                ? Plan.Of(judgement)
                : new Plan(new JournalOutcome.Ok(snapshot.Sequence), head with { Epoch = epoch },
                [
                    Command(_schema.PutSnapshot, name, snapshot.Sequence, snapshot.Sealed()),
                    Command(_schema.ForgetSnapshots, name),
                ])), cancellation);
    }

    public ValueTask<EngineResult<JournalSnapshot?>> LoadAsync(string name, CancellationToken cancellation)
    {
        JournalInput.Check(name);
        return _database.CallAsync<JournalSnapshot?>(
            async (connection, stop) => (await SnapshotsAsync(connection, name, stop)).LastOrDefault(), cancellation);
    }

    public ValueTask<JournalOutcome> TruncateAsync(
        string name, long epoch, long before, CancellationToken cancellation)
    {
        JournalInput.Check(name);
        return WriteAsync(name, async (connection, head, stop) =>
        {
            long covered = (await SnapshotsAsync(connection, name, stop)).FirstOrDefault()?.Sequence ?? 0;
            return head.JudgeTruncation(epoch, before, covered) is { } judgement
                ? Plan.Of(judgement)
                : new Plan(
                    new JournalOutcome.Ok(before), head with { Epoch = epoch, Floor = before },
                    [Command(_schema.Forget, name, before)]);
        }, cancellation);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private async ValueTask<JournalOutcome> WriteAsync(
        string name,
        Func<NpgsqlConnection, JournalHead, CancellationToken, ValueTask<Plan>> decide,
        CancellationToken cancellation)
    {
        EngineResult<JournalOutcome> result = await _database.CallAsync<JournalOutcome>(
            async (connection, stop) =>
            {
                await connection.BeginTransactionAsync(stop);
                JournalHead head = await LockAsync(connection, name, stop);
                Plan plan = await decide(connection, head, stop);
                if (plan.Effects.Count > 0)
                {
                    await using NpgsqlBatch batch = Batch(connection,
                    [
                        .. plan.Effects,
                        Command(_schema.PutHead, name, plan.Head.Epoch, plan.Head.Last, plan.Head.Floor),
                        new NpgsqlBatchCommand("COMMIT"),
                    ]);
                    await batch.ExecuteNonQueryAsync(stop);
                }

                // Without a commit the connection's way back to the pool undoes everything.
                return plan.Outcome;
            },
            cancellation);
        return result.IsOk ? result.Value : new JournalOutcome.Unavailable(result.Fault.Reason);
    }

    private async ValueTask<JournalHead> LockAsync(
        NpgsqlConnection connection, string name, CancellationToken stop)
    {
        await using NpgsqlBatch batch = Batch(
            connection, Command(PostgresSchema.BeginWrite, _deadline), Command(_schema.MakeHead, name),
            Command(_schema.LockHead, name));
        await using NpgsqlDataReader rows = await batch.ExecuteReaderAsync(stop);
        await rows.NextResultAsync(stop); // The second has no result set.
        await rows.ReadAsync(stop);
        return HeadOf(rows);
    }

    private async ValueTask<Dictionary<long, Guid>> IdsAsync(
        NpgsqlConnection connection, string name, long expected, int count, CancellationToken stop)
    {
        await using NpgsqlBatch batch = Batch(
            connection, Command(_schema.GetIds, name, expected + 1, expected + count));
        await using NpgsqlDataReader rows = await batch.ExecuteReaderAsync(stop);
        List<(long, Guid)> ids = await ReadAllAsync(rows, static row => (row.GetInt64(0), row.GetGuid(1)), stop);
        return ids.ToDictionary(static pair => pair.Item1, static pair => pair.Item2);
    }

    private async ValueTask<List<JournalSnapshot>> SnapshotsAsync(
        NpgsqlConnection connection, string name, CancellationToken stop)
    {
        await using NpgsqlBatch batch = Batch(connection, Command(_schema.GetSnapshots, name));
        await using NpgsqlDataReader rows = await batch.ExecuteReaderAsync(stop);
        List<JournalSnapshot?> all = await ReadAllAsync(
            rows, static row => JournalSnapshot.Open(row.GetInt64(0), row.GetFieldValue<byte[]>(1)), stop);
        return [.. all.OfType<JournalSnapshot>()];
    }

    private static JournalHead HeadOf(NpgsqlDataReader row) =>
        new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));

    private static StoredEvent EventOf(NpgsqlDataReader row) => new(row.GetInt64(0), new JournalEvent(
        row.GetGuid(1), row.GetString(2), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
        row.GetFieldValue<byte[]>(4)));

    /// <param name="Effects">None = only the outcome.</param>
    private sealed record Plan(JournalOutcome Outcome, JournalHead Head, IReadOnlyList<NpgsqlBatchCommand> Effects)
    {
        public static Plan Of(JournalOutcome outcome) => new(outcome, default, []);
    }
}
