namespace Proxy.Cluster.Sqlite;

/// <summary>SQLite refused or the file did: full, read-only, damaged, locked. Thrown because it can come out of any
/// step; whoever owns the connection turns it into a value at its border.</summary>
internal sealed class SqliteException(int code, string message) : Exception($"SQLite {code}: {message}")
{
    // Extended codes of https://sqlite.org/rescode.html
    private const int ConstraintPrimaryKey = 1555;
    private const int ConstraintUnique = 2067;

    public bool IsDuplicate => code is ConstraintPrimaryKey or ConstraintUnique;
}
