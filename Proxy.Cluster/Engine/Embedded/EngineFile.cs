using System.Globalization;
using Proxy.Cluster.Sqlite;

namespace Proxy.Cluster.Engine.Embedded;

/// <summary>The embedded engine's file.</summary>
internal sealed class EngineFile : IEngineStorage
{
    private const long Format = 1;

    private static readonly string[] Schema =
    [
        "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE IF NOT EXISTS leases(id INTEGER PRIMARY KEY, milliseconds INTEGER NOT NULL)",
        """
        CREATE TABLE IF NOT EXISTS items(
            key TEXT PRIMARY KEY, value BLOB NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,
            version INTEGER NOT NULL, lease INTEGER NOT NULL)
        """,
        """
        CREATE TABLE IF NOT EXISTS history(
            revision INTEGER NOT NULL, position INTEGER NOT NULL, kind INTEGER NOT NULL, key TEXT NOT NULL,
            value BLOB NOT NULL, created INTEGER NOT NULL, version INTEGER NOT NULL, lease INTEGER NOT NULL,
            PRIMARY KEY(revision, position))
        """,
        string.Create(
            CultureInfo.InvariantCulture,
            $"INSERT OR IGNORE INTO meta VALUES('format', {Format}), ('revision', 1), ('oldest', 2), ('lease', 0)"),
    ];

    private readonly SqliteDatabase _database;
    private readonly SqliteTransaction _transaction;
    private readonly SqliteStatement _setMeta;
    private readonly SqliteStatement _putItem;
    private readonly SqliteStatement _deleteItem;
    private readonly SqliteStatement _putHistory;
    private readonly SqliteStatement _forget;
    private readonly SqliteStatement _putLease;
    private readonly SqliteStatement _deleteLease;

    private EngineFile(SqliteDatabase database)
    {
        _database = database;
        _transaction = new SqliteTransaction(database);
        _setMeta = database.Prepare("INSERT OR REPLACE INTO meta VALUES(?1, ?2)");
        _putItem = database.Prepare("INSERT OR REPLACE INTO items VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
        _deleteItem = database.Prepare("DELETE FROM items WHERE key = ?1");
        _putHistory = database.Prepare("INSERT INTO history VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
        _forget = database.Prepare("DELETE FROM history WHERE revision < ?1");
        _putLease = database.Prepare("INSERT INTO leases VALUES(?1, ?2)");
        _deleteLease = database.Prepare("DELETE FROM leases WHERE id = ?1");
    }

    /// <exception cref="SqliteException">It cannot be opened, is damaged, or a newer program made it.</exception>
    public static EngineFile Open(string path) =>
        new(SqliteDatabase.Open(path, Schema, "SELECT value FROM meta WHERE name = 'format'", Format));

    public StoredEngine Load() => new(
        new Revision(Meta("revision")), new Revision(Meta("oldest")), Meta("lease"),
        LoadItems(), LoadLeases(), LoadHistory());

    public void Write(IReadOnlyList<EngineChange> changes)
    {
        _transaction.Begin();
        for (int i = 0; i < changes.Count; i++)
        {
            EngineItem item = changes[i].Item;
            if (changes[i].Kind == ChangeKind.Put)
            {
                _putItem.Bind(1, item.Key).Bind(2, item.Value.Span).Bind(3, item.Created.Value)
                    .Bind(4, item.Modified.Value).Bind(5, item.Version).Bind(6, item.Lease.Value).Run();
            }
            else
            {
                _deleteItem.Bind(1, item.Key).Run();
            }

            _putHistory.Bind(1, item.Modified.Value).Bind(2, i).Bind(3, (int)changes[i].Kind).Bind(4, item.Key)
                .Bind(5, item.Value.Span).Bind(6, item.Created.Value).Bind(7, item.Version).Bind(8, item.Lease.Value)
                .Run();
        }

        SetMeta("revision", changes[0].Item.Modified.Value);
    }

    public void WriteLease(LeaseId id, TimeSpan timeToLive)
    {
        _transaction.Begin();
        _putLease.Bind(1, id.Value).Bind(2, (long)timeToLive.TotalMilliseconds).Run();
        SetMeta("lease", id.Value);
    }

    public void DropLease(LeaseId id)
    {
        _transaction.Begin();
        _deleteLease.Bind(1, id.Value).Run();
    }

    public void Forget(Revision oldest)
    {
        _transaction.Begin();
        _forget.Bind(1, oldest.Value).Run();
        SetMeta("oldest", oldest.Value);
    }

    public void Commit() => _transaction.Commit();

    public void Rollback() => _transaction.Rollback();

    public void Dispose() => _database.Dispose();

    private long Meta(string name) => _database.ReadNumber($"SELECT value FROM meta WHERE name = '{name}'");

    private void SetMeta(string name, long value) => _setMeta.Bind(1, name).Bind(2, value).Run();

    private List<EngineItem> LoadItems()
    {
        var items = new List<EngineItem>();
        using SqliteStatement rows =
            _database.Prepare("SELECT key, value, created, modified, version, lease FROM items");
        while (rows.Read())
        {
            items.Add(new EngineItem(
                rows.Text(0), rows.Blob(1), new Revision(rows.Number(2)), new Revision(rows.Number(3)), rows.Number(4),
                new LeaseId(rows.Number(5))));
        }

        return items;
    }

    private List<(LeaseId Id, TimeSpan TimeToLive)> LoadLeases()
    {
        var leases = new List<(LeaseId, TimeSpan)>();
        using SqliteStatement rows = _database.Prepare("SELECT id, milliseconds FROM leases");
        while (rows.Read())
        {
            leases.Add((new LeaseId(rows.Number(0)), TimeSpan.FromMilliseconds(rows.Number(1))));
        }

        return leases;
    }

    private List<IReadOnlyList<EngineChange>> LoadHistory()
    {
        var history = new List<IReadOnlyList<EngineChange>>();
        using SqliteStatement rows = _database.Prepare(
            "SELECT revision, kind, key, value, created, version, lease FROM history ORDER BY revision, position");
        List<EngineChange> entry = [];
        while (rows.Read())
        {
            var revision = new Revision(rows.Number(0));
            if (entry.Count > 0 && entry[0].Item.Modified != revision)
            {
                history.Add(entry);
                entry = [];
            }

            entry.Add(new EngineChange((ChangeKind)rows.Number(1), new EngineItem(
                rows.Text(2), rows.Blob(3), new Revision(rows.Number(4)), revision, rows.Number(5),
                new LeaseId(rows.Number(6)))));
        }

        if (entry.Count > 0)
        {
            history.Add(entry);
        }

        return history;
    }
}
