using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using static Proxy.Cluster.Sqlite.Sqlite3;

namespace Proxy.Cluster.Sqlite;

/// <summary>One connection to one file, for one thread at a time and one process. One connection is also the answer to
/// the library's known trouble with two that write and check-point at the same instant.</summary>
internal sealed class SqliteDatabase : SafeHandle
{
    private readonly List<SqliteStatement> _statements = [];

    private SqliteDatabase(nint handle)
        : base(0, ownsHandle: true) => SetHandle(handle);

    public static string LibraryVersion => Marshal.PtrToStringUTF8(sqlite3_libversion()) ?? "";

    public override bool IsInvalid => handle == 0;

    /// <summary>Opens or makes the file, for commits that survive a power cut, and reads it once through: a damaged
    /// file is found now and not in the middle of a change.</summary>
    public static SqliteDatabase Open(string path)
    {
        int code = sqlite3_open_v2(path, out nint handle, OpenReadWrite | OpenCreate | OpenNoMutex, 0);
        var database = new SqliteDatabase(handle);
        try
        {
            database.Check(code);
            database.Check(sqlite3_extended_result_codes(handle, 1));
            // Another process with this file is a mistake of the operator; a short wait is for one that is just ending.
            database.Check(sqlite3_busy_timeout(handle, 1000));
            database.Execute("PRAGMA trusted_schema = OFF");
            database.Execute("PRAGMA locking_mode = EXCLUSIVE");
            database.Execute("PRAGMA journal_mode = WAL");
            database.Execute("PRAGMA synchronous = FULL");
            database.Execute("PRAGMA foreign_keys = OFF");
            string report = database.ReadText("PRAGMA quick_check(1)");
            if (report != "ok")
            {
                throw new SqliteException(11, report); // SQLITE_CORRUPT
            }

            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Opens or makes a file with tables of ours.</summary>
    /// <param name="schema">Statements that make them unless they are there, and note the format.</param>
    /// <param name="noted">Reads the format.</param>
    /// <exception cref="SqliteException">It cannot be opened, is damaged, or a newer program made it.</exception>
    public static SqliteDatabase Open(string path, IEnumerable<string> schema, string noted, long format)
    {
        SqliteDatabase database = Open(path);
        try
        {
            database.Execute("BEGIN IMMEDIATE");
            foreach (string statement in schema)
            {
                database.Execute(statement);
            }

            database.Execute("COMMIT");
            long found = database.ReadNumber(noted);
            return found == format
                ? database
                : throw new SqliteException(1, $"{path} has format {found}; this program knows {format}");
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Kept and reused for as long as the connection lives. Parameters are ?1, ?2, ...</summary>
    public unsafe SqliteStatement Prepare(string sql)
    {
        byte[] text = Encoding.UTF8.GetBytes(sql);
        fixed (byte* start = text)
        {
            Check(sqlite3_prepare_v2(handle, start, text.Length, out nint statement, 0));
            var prepared = new SqliteStatement(this, statement);
            _statements.Add(prepared);
            return prepared;
        }
    }

    /// <summary>One statement without parameters, once.</summary>
    public void Execute(string sql)
    {
        using SqliteStatement statement = Prepare(sql);
        statement.Run();
    }

    public long ReadNumber(string sql)
    {
        using SqliteStatement statement = Prepare(sql);
        return statement.Read() ? statement.Number(0) : throw new SqliteException(Done, $"no row: {sql}");
    }

    internal void Check(int code)
    {
        if (code is not (Ok or Row or Done))
        {
            throw Problem(code);
        }
    }

    internal SqliteException Problem(int code) =>
        new(code, handle == 0 ? "out of memory" : Marshal.PtrToStringUTF8(sqlite3_errmsg(handle)) ?? "");

    internal void Forget(SqliteStatement statement) => _statements.Remove(statement);

    protected override bool ReleaseHandle() => sqlite3_close_v2(handle) == Ok;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (SqliteStatement statement in _statements.ToArray())
            {
                statement.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private string ReadText(string sql)
    {
        using SqliteStatement statement = Prepare(sql);
        return statement.Read() ? statement.Text(0) : string.Create(CultureInfo.InvariantCulture, $"no row: {sql}");
    }
}
