namespace Proxy.Cluster.Sqlite;

/// <summary>Gathers writes: the first one begins a transaction, <see cref="Commit"/> ends it for all of them. Belongs
/// to
/// the thread that has its database.</summary>
internal sealed class SqliteTransaction(SqliteDatabase database)
{
    private readonly SqliteStatement _begin = database.Prepare("BEGIN IMMEDIATE");
    private readonly SqliteStatement _commit = database.Prepare("COMMIT");
    private readonly SqliteStatement _rollback = database.Prepare("ROLLBACK");
    private bool _begun;

    /// <summary>Before every write.</summary>
    public void Begin()
    {
        if (!_begun)
        {
            _begin.Run();
            _begun = true;
        }
    }

    /// <summary>Returns when the writes, if there were any, survive a power cut.</summary>
    public void Commit()
    {
        if (_begun)
        {
            _commit.Run();
            _begun = false;
        }
    }

    public void Rollback()
    {
        if (_begun)
        {
            _begun = false;
            try
            {
                _rollback.Run();
            }
            catch (SqliteException)
            {
                // Some errors (a full disk) have rolled back already: "no transaction is active".
            }
        }
    }
}
