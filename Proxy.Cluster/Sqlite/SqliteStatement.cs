using System.Runtime.InteropServices;
using System.Text;
using static Proxy.Cluster.Sqlite.Sqlite3;

namespace Proxy.Cluster.Sqlite;

/// <summary>A prepared statement; belongs to the thread that has its database.</summary>
internal sealed class SqliteStatement : SafeHandle
{
    private readonly SqliteDatabase _database;

    internal SqliteStatement(SqliteDatabase database, nint statement)
        : base(0, ownsHandle: true)
    {
        _database = database;
        SetHandle(statement);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>By position, the first is 1.</summary>
    public SqliteStatement Bind(int index, long value)
    {
        _database.Check(sqlite3_bind_int64(handle, index, value));
        return this;
    }

    public unsafe SqliteStatement Bind(int index, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            // An empty array has no address, but a null pointer would bind NULL.
            byte none = 0;
            _database.Check(sqlite3_bind_text(handle, index, start == null ? &none : start, bytes.Length, Transient));
        }

        return this;
    }

    public unsafe SqliteStatement Bind(int index, ReadOnlySpan<byte> blob)
    {
        fixed (byte* start = blob)
        {
            byte none = 0;
            _database.Check(sqlite3_bind_blob(handle, index, start == null ? &none : start, blob.Length, Transient));
        }

        return this;
    }

    /// <summary>The next row, if there is one; the last one resets the statement.</summary>
    public bool Read()
    {
        int code = sqlite3_step(handle);
        if (code == Row)
        {
            return true;
        }

        SqliteException? problem = code == Done ? null : _database.Problem(code);
        _ = sqlite3_reset(handle); // Repeats the error of the step.
        return problem is null ? false : throw problem;
    }

    /// <summary>To the end, whatever rows there are.</summary>
    public void Run()
    {
        while (Read())
        {
        }
    }

    public long Number(int column) => sqlite3_column_int64(handle, column);

    public unsafe string Text(int column)
    {
        byte* text = sqlite3_column_text(handle, column);
        return text == null ? "" : Encoding.UTF8.GetString(text, sqlite3_column_bytes(handle, column));
    }

    public unsafe byte[] Blob(int column)
    {
        byte* bytes = sqlite3_column_blob(handle, column);
        return bytes == null ? [] : new ReadOnlySpan<byte>(bytes, sqlite3_column_bytes(handle, column)).ToArray();
    }

    protected override bool ReleaseHandle()
    {
        _ = sqlite3_finalize(handle); // Repeats the error of the latest step.
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _database.Forget(this);
        }

        base.Dispose(disposing);
    }
}
