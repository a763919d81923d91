using Proxy.Cluster.Engine.Postgres;

namespace Proxy.Cluster.Journal;

/// <summary>The tables of journals and the statements on them.</summary>
internal sealed class PostgresJournalSchema
{
    private const int PageSize = 256;

    public PostgresJournalSchema(string name)
    {
        PostgresSchema.CheckName(name);
        Exists = $"SELECT to_regclass('{name}.journals') IS NOT NULL";
        Create = CreateIn(name);
        MakeHead = $"INSERT INTO {name}.journals VALUES($1, 0, 0, 1) ON CONFLICT DO NOTHING";
        LockHead = $"SELECT epoch, last, floor FROM {name}.journals WHERE name = $1 FOR UPDATE";
        GetHead = $"SELECT epoch, last, floor FROM {name}.journals WHERE name = $1";
        PutHead = $"UPDATE {name}.journals SET epoch = $2, last = $3, floor = $4 WHERE name = $1";
        PutEvent = $"INSERT INTO {name}.events VALUES($1, $2, $3, $4, $5, $6)";
        GetIds = $"SELECT seq, id FROM {name}.events WHERE name = $1 AND seq >= $2 AND seq <= $3";
        GetEvents = $"""
            SELECT seq, id, type, at, payload FROM {name}.events WHERE name = $1 AND seq >= $2
                ORDER BY seq LIMIT {PageSize}
            """;
        Forget = $"DELETE FROM {name}.events WHERE name = $1 AND seq < $2";
        PutSnapshot = $"""
            INSERT INTO {name}.snapshots VALUES($1, $2, $3) ON CONFLICT(name, seq) DO UPDATE SET value = $3
            """;
        GetSnapshots = $"SELECT seq, value FROM {name}.snapshots WHERE name = $1 ORDER BY seq";
        ForgetSnapshots = $"""
            DELETE FROM {name}.snapshots WHERE name = $1 AND seq NOT IN (
                SELECT seq FROM {name}.snapshots WHERE name = $1 ORDER BY seq DESC LIMIT {JournalHead.Snapshots})
            """;
    }

    public string Exists { get; }

    public string Create { get; }

    public string MakeHead { get; }

    public string LockHead { get; }

    public string GetHead { get; }

    public string PutHead { get; }

    public string PutEvent { get; }

    public string GetIds { get; }

    public string GetEvents { get; }

    public string Forget { get; }

    public string PutSnapshot { get; }

    public string GetSnapshots { get; }

    public string ForgetSnapshots { get; }

    // The advisory lock is for nodes that start at the same time: IF NOT EXISTS alone can collide.
    private static string CreateIn(string name) => $"""
        BEGIN;
        SELECT pg_advisory_xact_lock(hashtext('{name}'));
        CREATE SCHEMA IF NOT EXISTS {name};
        CREATE TABLE IF NOT EXISTS {name}.events(
            name text COLLATE "C", seq bigint, id uuid NOT NULL, type text NOT NULL, at bigint NOT NULL,
            payload bytea NOT NULL, PRIMARY KEY(name, seq));
        CREATE TABLE IF NOT EXISTS {name}.snapshots(
            name text COLLATE "C", seq bigint, value bytea NOT NULL, PRIMARY KEY(name, seq));
        CREATE TABLE IF NOT EXISTS {name}.journals(
            name text COLLATE "C" PRIMARY KEY, epoch bigint NOT NULL, last bigint NOT NULL, floor bigint NOT NULL);
        COMMIT
        """;
}
