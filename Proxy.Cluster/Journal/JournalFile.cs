using Proxy.Cluster.Engine;
using Proxy.Cluster.Sqlite;

namespace Proxy.Cluster.Journal;

/// <summary>The SQLite file of journals. One thread.</summary>
internal sealed class JournalFile : IWriterFile<JournalFile>
{
    private const long Format = 1;
    private const int PageSize = 512;
    private const int PageBytes = 4 << 20;

    private static readonly string[] Schema =
    [
        "CREATE TABLE IF NOT EXISTS format(one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL)",
        """
        CREATE TABLE IF NOT EXISTS writers(
            name TEXT PRIMARY KEY, epoch INTEGER NOT NULL, last INTEGER NOT NULL, floor INTEGER NOT NULL) WITHOUT ROWID
        """,
        """
        CREATE TABLE IF NOT EXISTS events(
            name TEXT NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL, type TEXT NOT NULL, at INTEGER NOT NULL,
            payload BLOB NOT NULL, PRIMARY KEY(name, seq)) WITHOUT ROWID
        """,
        """
        CREATE TABLE IF NOT EXISTS snapshots(
            name TEXT NOT NULL, seq INTEGER NOT NULL, value BLOB NOT NULL, PRIMARY KEY(name, seq)) WITHOUT ROWID
        """,
        $"INSERT OR IGNORE INTO format VALUES(1, {Format})",
    ];

    private readonly SqliteDatabase _database;
    private readonly SqliteTransaction _transaction;
    private readonly SqliteStatement _getHead;
    private readonly SqliteStatement _putHead;
    private readonly SqliteStatement _putEvent;
    private readonly SqliteStatement _getId;
    private readonly SqliteStatement _getEvents;
    private readonly SqliteStatement _forget;
    private readonly SqliteStatement _putSnapshot;
    private readonly SqliteStatement _getSnapshots;
    private readonly SqliteStatement _forgetSnapshots;

    private JournalFile(SqliteDatabase database)
    {
        _database = database;
        _transaction = new SqliteTransaction(database);
        _getHead = database.Prepare("SELECT epoch, last, floor FROM writers WHERE name = ?1");
        _putHead = database.Prepare("INSERT OR REPLACE INTO writers VALUES(?1, ?2, ?3, ?4)");
        // The primary key is the last line against two events with one number.
        _putEvent = database.Prepare("INSERT INTO events VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
        _getId = database.Prepare("SELECT id FROM events WHERE name = ?1 AND seq = ?2");
        _getEvents = database.Prepare(
            "SELECT seq, id, type, at, payload FROM events WHERE name = ?1 AND seq >= ?2 ORDER BY seq "
            + $"LIMIT {PageSize}");
        _forget = database.Prepare("DELETE FROM events WHERE name = ?1 AND seq < ?2");
        _putSnapshot = database.Prepare("INSERT OR REPLACE INTO snapshots VALUES(?1, ?2, ?3)");
        _getSnapshots = database.Prepare("SELECT seq, value FROM snapshots WHERE name = ?1 ORDER BY seq");
        _forgetSnapshots = database.Prepare(
            "DELETE FROM snapshots WHERE name = ?1 AND seq NOT IN "
            + $"(SELECT seq FROM snapshots WHERE name = ?1 ORDER BY seq DESC LIMIT {JournalHead.Snapshots})");
    }

    /// <exception cref="SqliteException">It cannot be opened, is damaged, or a newer program made it.</exception>
    public static JournalFile Open(string path) =>
        new(SqliteDatabase.Open(path, Schema, "SELECT version FROM format", Format));

    public JournalOutcome Append(string name, long expected, long epoch, IReadOnlyList<JournalEvent> events)
    {
        JournalHead head = Head(name);
        if (head.JudgeAppend(expected, epoch, events, at => IdAt(name, at)) is { } judgement)
        {
            return judgement;
        }

        _transaction.Begin();
        for (int i = 0; i < events.Count; i++)
        {
            JournalEvent one = events[i];
            _putEvent.Bind(1, name).Bind(2, expected + 1 + i).Bind(3, one.Id.ToByteArray(bigEndian: true))
                .Bind(4, one.Type).Bind(5, one.At.ToUnixTimeMilliseconds()).Bind(6, one.Payload.Span).Run();
        }

        JournalHead after = head.After(epoch, events.Count);
        Put(name, after);
        return new JournalOutcome.Ok(after.Last);
    }

    public JournalPage Read(string name, long from)
    {
        JournalHead head = Head(name);
        var events = new List<StoredEvent>();
        long bytes = 0;
        _getEvents.Bind(1, name).Bind(2, from);
        while (_getEvents.Read())
        {
            var one = new JournalEvent(
                new Guid(_getEvents.Blob(1), bigEndian: true), _getEvents.Text(2),
                DateTimeOffset.FromUnixTimeMilliseconds(_getEvents.Number(3)), _getEvents.Blob(4));
            bytes += one.Payload.Length;
            if (bytes <= PageBytes || events.Count == 0)
            {
                events.Add(new StoredEvent(_getEvents.Number(0), one));
            }
        }

        return new JournalPage(events, head.Last, head.Floor);
    }

    public JournalOutcome Save(string name, long epoch, JournalSnapshot snapshot)
    {
        JournalHead head = Head(name);
        if (head.JudgeSnapshot(epoch, snapshot) is { } judgement)
        {
            return judgement;
        }

        _transaction.Begin();
        _putSnapshot.Bind(1, name).Bind(2, snapshot.Sequence).Bind(3, snapshot.Sealed()).Run();
        _forgetSnapshots.Bind(1, name).Run();
        Put(name, head with { Epoch = epoch });
        return new JournalOutcome.Ok(snapshot.Sequence);
    }

    /// <summary>The whole ones, oldest first.</summary>
    public List<JournalSnapshot> Snapshots(string name)
    {
        var whole = new List<JournalSnapshot>();
        _getSnapshots.Bind(1, name);
        while (_getSnapshots.Read())
        {
            if (JournalSnapshot.Open(_getSnapshots.Number(0), _getSnapshots.Blob(1)) is { } snapshot)
            {
                whole.Add(snapshot);
            }
        }

        return whole;
    }

    public JournalOutcome Truncate(string name, long epoch, long before)
    {
        JournalHead head = Head(name);
        long covered = Snapshots(name) is [{ Sequence: var lowest }, ..] ? lowest : 0;
        if (head.JudgeTruncation(epoch, before, covered) is { } judgement)
        {
            return judgement;
        }

        _transaction.Begin();
        _forget.Bind(1, name).Bind(2, before).Run();
        Put(name, head with { Epoch = epoch, Floor = before });
        return new JournalOutcome.Ok(before);
    }

    public JournalFile BeginTurn() => this;

    public void CommitTurn(JournalFile turn) => _transaction.Commit();

    public void AbandonTurn() => _transaction.Rollback();

    public void Dispose() => _database.Dispose();

    private JournalHead Head(string name)
    {
        JournalHead head = JournalHead.Empty;
        _getHead.Bind(1, name);
        while (_getHead.Read())
        {
            head = new JournalHead(_getHead.Number(0), _getHead.Number(1), _getHead.Number(2));
        }

        return head;
    }

    private void Put(string name, JournalHead head) =>
        _putHead.Bind(1, name).Bind(2, head.Epoch).Bind(3, head.Last).Bind(4, head.Floor).Run();

    private Guid IdAt(string name, long sequence)
    {
        Guid id = Guid.Empty;
        _getId.Bind(1, name).Bind(2, sequence);
        while (_getId.Read())
        {
            id = new Guid(_getId.Blob(0), bigEndian: true);
        }

        return id;
    }
}
