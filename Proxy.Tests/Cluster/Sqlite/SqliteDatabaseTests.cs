using Proxy.Cluster.Sqlite;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Sqlite;

public sealed class SqliteDatabaseTests
{
    [Fact]
    public void Values_of_every_kind_come_back_as_they_went_in()
    {
        using var folder = new TempFolder();
        using SqliteDatabase database = SqliteDatabase.Open(Path.Combine(folder.Path, "x.db"));
        database.Execute("CREATE TABLE t(n INTEGER NOT NULL, s TEXT NOT NULL, b BLOB NOT NULL)");
        SqliteStatement insert = database.Prepare("INSERT INTO t VALUES(?1, ?2, ?3)");

        insert.Bind(1, long.MinValue).Bind(2, "süß\0 '; DROP TABLE t").Bind(3, [0, 1, 255]).Run();
        insert.Bind(1, long.MaxValue).Bind(2, "").Bind(3, []).Run();
        SqliteStatement rows = database.Prepare("SELECT n, s, b FROM t ORDER BY n");

        Assert.True(rows.Read());
        Assert.Equal((long.MinValue, "süß\0 '; DROP TABLE t"), (rows.Number(0), rows.Text(1)));
        Assert.Equal(new byte[] { 0, 1, 255 }, rows.Blob(2));
        Assert.True(rows.Read());
        Assert.Equal((long.MaxValue, "", 0), (rows.Number(0), rows.Text(1), rows.Blob(2).Length));
        Assert.False(rows.Read());
    }

    [Fact]
    public void A_second_row_with_the_same_key_is_told_as_such_and_the_statement_works_again()
    {
        using var folder = new TempFolder();
        using SqliteDatabase database = SqliteDatabase.Open(Path.Combine(folder.Path, "x.db"));
        database.Execute("CREATE TABLE t(a INTEGER, b INTEGER, PRIMARY KEY(a, b))");
        SqliteStatement insert = database.Prepare("INSERT INTO t VALUES(?1, ?2)");
        insert.Bind(1, 1).Bind(2, 1).Run();

        Assert.True(Assert.Throws<SqliteException>(insert.Run).IsDuplicate);
        insert.Bind(2, 2).Run();

        Assert.Equal(2, database.ReadNumber("SELECT count(*) FROM t"));
    }

    [Fact]
    public void The_file_is_written_through_and_untrusting()
    {
        using var folder = new TempFolder();
        using SqliteDatabase database = SqliteDatabase.Open(Path.Combine(folder.Path, "x.db"));

        Assert.Equal(2, database.ReadNumber("PRAGMA synchronous"));
        Assert.Equal(0, database.ReadNumber("PRAGMA trusted_schema"));
        Assert.StartsWith("3.", SqliteDatabase.LibraryVersion, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_opened_says_why()
    {
        using var folder = new TempFolder();

        var problem = Assert.Throws<SqliteException>(() => SqliteDatabase.Open(Path.Combine(folder.Path, "no", "x.db")));

        Assert.Contains("unable to open", problem.Message, StringComparison.Ordinal);
    }
}
