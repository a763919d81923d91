using Proxy.Actors.Config;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Postgres;
using Proxy.Cluster.Journal;
using Proxy.Cluster.Revisions;

namespace Proxy.Cluster.Host;

/// <summary>The journal of configurations that the configuration names.</summary>
internal static class JournalChoice
{
    // As the engine's.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    /// <param name="engine">Of the cluster.</param>
    /// <param name="hasFiles">Whether the files of the state directory are this process's and not the one's before
    /// it.</param>
    /// <param name="obstacle">Why this node may not have the cluster's configuration. A database of its own knows
    /// nothing of the cluster, so it is asked here; the engine is expected to know. Null = there is no other
    /// node.</param>
    public static IJournal Of(
        ProxyConfig config,
        IClusterEngine engine,
        Func<bool> hasFiles,
        TimeProvider time,
        Func<CancellationToken, ValueTask<EngineFault?>>? obstacle = null)
    {
        JournalConfig journal = config.Cluster.Journal;
        return journal.Provider switch
        {
            JournalProvider.Sqlite => new LateJournal(
                () => hasFiles() ? OpenFile(config.Node, time) : EngineChoice.WithTheOneBefore, time, obstacle),
            JournalProvider.Postgres => new LateJournal(() => OpenDatabase(config.Cluster, time), time, obstacle),
            _ => RevisionStore.JournalIn(engine, new RevisionKeys(config.Cluster.Name)),
        };
    }

    private static EngineResult<IJournal> OpenFile(NodeConfig node, TimeProvider time)
    {
        EngineResult<SqliteJournal> opened = SqliteJournal.Open(Path.GetFullPath(node.StateDir), Deadline, time);
        return opened.IsOk ? opened.Value : opened.Fault;
    }

    private static EngineResult<IJournal> OpenDatabase(ClusterConfig cluster, TimeProvider time)
    {
        JournalConfig journal = cluster.Journal;
        string connection = journal.Connection.Length > 0 ? journal.Connection : cluster.Postgres.Connection;
        return new PostgresJournal(
            new PostgresOptions { ConnectionString = connection, Schema = journal.Schema, Deadline = Deadline }, time);
    }
}
