using System.Text.RegularExpressions;

namespace Proxy.Cluster.Engine.Postgres;

/// <summary>The tables and the statements on them.
/// <para>Every write locks the one row of <c>head</c> to get the next revision, and holds it until its commit. That is
/// why not a sequence: its numbers become visible out of order and with gaps, and a watch that has read revision 8
/// would miss a 7 committed later.</para>
/// <para>A lease lives by the clock of the database alone. After the server was restarted each lives its full time
/// again, as after a change of etcd's leader: nobody could keep it alive meanwhile.</para></summary>
internal sealed partial class PostgresSchema
{
    /// <summary>First statement of a writing transaction. A frozen client must not keep the row of all writers; the
    /// server ends its transaction. And what was acknowledged is on disk, whatever the site's default is.</summary>
    public const string BeginWrite = """
        SELECT set_config('idle_in_transaction_session_timeout', $1, true), set_config('lock_timeout', $1, true),
            set_config('statement_timeout', $1, true), set_config('synchronous_commit',
                CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' WHEN 'local' THEN 'on'
                ELSE current_setting('synchronous_commit') END, true)
        """;

    private const string ItemColumns = "i.key, i.value, i.created, i.modified, i.version, i.lease";

    public PostgresSchema(string name)
    {
        CheckName(name);
        Channel = name;
        string alive = "(greatest(l.expires, pg_postmaster_start_time() + l.time_to_live) > clock_timestamp())";
        Exists = $"SELECT to_regclass('{name}.head') IS NOT NULL";
        Create = CreateIn(name);
        LockHead = $"SELECT revision FROM {name}.head FOR UPDATE";
        Get = $"SELECT h.revision, {ItemColumns} FROM {name}.head h LEFT JOIN {name}.items i ON i.key = $1";
        List = $"""
            SELECT h.revision, {ItemColumns} FROM {name}.head h
                LEFT JOIN {name}.items i ON i.key >= $1 AND i.key < $2 ORDER BY i.key
            """;
        Items = $"SELECT {ItemColumns} FROM {name}.items i WHERE i.key = ANY($1) ORDER BY i.key";
        LiveLeases = $"SELECT l.id FROM {name}.leases l WHERE l.id = ANY($1) AND {alive}";
        Put = $"""
            INSERT INTO {name}.items VALUES($1, $2, $3, $4, $5, $6) ON CONFLICT(key) DO UPDATE SET value = $2,
                created = $3, modified = $4, version = $5, lease = $6
            """;
        Delete = $"DELETE FROM {name}.items WHERE key = $1";
        PutHistory = $"INSERT INTO {name}.history VALUES($1, $2, $3, $4, $5, $6, $7, $8)";
        SetHead = $"UPDATE {name}.head SET revision = $1";
        Notify = $"SELECT pg_notify('{name}', '')";
        Forget = $"DELETE FROM {name}.history WHERE revision < $1";
        SetOldest = $"UPDATE {name}.head SET oldest = greatest(oldest, $1)";
        Grant = $"""
            INSERT INTO {name}.leases AS l VALUES(nextval('{name}.lease_ids'), $1, clock_timestamp() + $1)
                RETURNING l.id
            """;
        KeepAlive = $"""
            UPDATE {name}.leases l SET expires = clock_timestamp() + l.time_to_live WHERE l.id = $1 AND {alive}
                RETURNING l.time_to_live
            """;
        LeaseKeys = $"SELECT i.key FROM {name}.items i WHERE i.lease = $1 ORDER BY i.key";
        AnyExpired = $"SELECT EXISTS(SELECT 1 FROM {name}.leases l WHERE NOT {alive})";
        DropExpired = $"DELETE FROM {name}.leases l WHERE NOT {alive} RETURNING l.id";
        DropLease = $"DELETE FROM {name}.leases l WHERE l.id = $1 RETURNING l.id";
        Head = $"SELECT revision FROM {name}.head";
        Oldest = $"SELECT oldest FROM {name}.head";
        // The upper end of this read is what Head said before; later statements of a batch see later commits.
        History = $"""
            SELECT i.key, i.value, i.created, i.revision, i.version, i.lease, i.kind FROM {name}.history i
                WHERE i.revision >= $1 AND i.revision < $1 + $4 AND i.key >= $2 AND i.key < $3
                ORDER BY i.revision, i.position
            """;
    }

    /// <summary>Of the notifications; the schema's name.</summary>
    public string Channel { get; }

    public string Exists { get; }

    public string Create { get; }

    public string LockHead { get; }

    public string Get { get; }

    public string List { get; }

    public string Items { get; }

    public string LiveLeases { get; }

    public string Put { get; }

    public string Delete { get; }

    public string PutHistory { get; }

    public string SetHead { get; }

    public string Notify { get; }

    public string Forget { get; }

    public string SetOldest { get; }

    public string Grant { get; }

    public string KeepAlive { get; }

    public string LeaseKeys { get; }

    public string AnyExpired { get; }

    public string DropExpired { get; }

    public string DropLease { get; }

    public string Head { get; }

    public string Oldest { get; }

    public string History { get; }

    /// <summary>Names go into statements as they are.</summary>
    public static void CheckName(string name)
    {
        if (!Name().IsMatch(name))
        {
            throw new ArgumentException("lower-case letters, digits and underscores, at most 40", nameof(name));
        }
    }

    // The advisory lock is for nodes that start at the same time: IF NOT EXISTS alone can collide.
    private static string CreateIn(string name) => $"""
        BEGIN;
        SELECT pg_advisory_xact_lock(hashtext('{name}'));
        CREATE SCHEMA IF NOT EXISTS {name};
        CREATE TABLE IF NOT EXISTS {name}.head(
            one boolean PRIMARY KEY DEFAULT true CHECK (one), revision bigint NOT NULL, oldest bigint NOT NULL);
        INSERT INTO {name}.head VALUES(true, 1, 2) ON CONFLICT DO NOTHING;
        CREATE TABLE IF NOT EXISTS {name}.items(
            key text COLLATE "C" PRIMARY KEY, value bytea NOT NULL, created bigint NOT NULL, modified bigint NOT NULL,
            version bigint NOT NULL, lease bigint NOT NULL);
        CREATE INDEX IF NOT EXISTS items_of_lease ON {name}.items(lease) WHERE lease <> 0;
        CREATE TABLE IF NOT EXISTS {name}.history(
            revision bigint, position integer, kind smallint NOT NULL, key text COLLATE "C" NOT NULL,
            value bytea NOT NULL, created bigint NOT NULL, version bigint NOT NULL, lease bigint NOT NULL,
            PRIMARY KEY(revision, position));
        CREATE TABLE IF NOT EXISTS {name}.leases(
            id bigint PRIMARY KEY, time_to_live interval NOT NULL, expires timestamptz NOT NULL);
        CREATE SEQUENCE IF NOT EXISTS {name}.lease_ids;
        COMMIT
        """;

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,39}$")]
    private static partial Regex Name();
}
