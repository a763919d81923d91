namespace Proxy.Cluster.Engine.Embedded;

/// <summary>Where the embedded engine keeps what it acknowledged. One thread. Writes gather in one transaction until
/// <see cref="Commit"/>, which returns when they survive a power cut. Any method may throw a
/// <see cref="Sqlite.SqliteException"/>; then <see cref="Rollback"/> and <see cref="Load"/> tell what is kept. Tests
/// put a full or stuck disk in its place.</summary>
internal interface IEngineStorage : IDisposable
{
    StoredEngine Load();

    /// <summary>One revision.</summary>
    void Write(IReadOnlyList<EngineChange> changes);

    void WriteLease(LeaseId id, TimeSpan timeToLive);

    void DropLease(LeaseId id);

    /// <summary>Drops the history before that revision.</summary>
    void Forget(Revision oldest);

    void Commit();

    void Rollback();
}

/// <param name="Oldest">Where the history begins.</param>
/// <param name="LastLease">The highest id ever given: an id that comes back would revive a dead holder.</param>
/// <param name="History">By revision, none missing from the oldest on.</param>
internal sealed record StoredEngine(
    Revision Revision,
    Revision Oldest,
    long LastLease,
    IReadOnlyList<EngineItem> Items,
    IReadOnlyList<(LeaseId Id, TimeSpan TimeToLive)> Leases,
    IReadOnlyList<IReadOnlyList<EngineChange>> History);
