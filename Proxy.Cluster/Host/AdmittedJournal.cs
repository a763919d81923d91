using Proxy.Cluster.Engine;
using Proxy.Cluster.Journal;
using Proxy.Cluster.Membership;

namespace Proxy.Cluster.Host;

/// <summary>A database of its own knows nothing of the cluster: a node that may not have the cluster's configuration
/// must not get at it there either. Any thread.</summary>
internal sealed class AdmittedJournal(IJournal journal, ClusterAdmission admission) : IJournal
{
    public async ValueTask<JournalOutcome> AppendAsync(
        string name, long expected, long epoch, IReadOnlyList<JournalEvent> events, CancellationToken cancellation) =>
        await admission.ObstacleAsync(cancellation) is { } obstacle
            ? new JournalOutcome.Unavailable(obstacle.Reason)
            : await journal.AppendAsync(name, expected, epoch, events, cancellation);

    public async ValueTask<EngineResult<JournalPage>> ReadAsync(
        string name, long from, CancellationToken cancellation) =>
        await admission.ObstacleAsync(cancellation) is { } obstacle
            ? obstacle
            : await journal.ReadAsync(name, from, cancellation);

    public async ValueTask<JournalOutcome> SaveAsync(
        string name, long epoch, JournalSnapshot snapshot, CancellationToken cancellation) =>
        await admission.ObstacleAsync(cancellation) is { } obstacle
            ? new JournalOutcome.Unavailable(obstacle.Reason)
            : await journal.SaveAsync(name, epoch, snapshot, cancellation);

    public async ValueTask<EngineResult<JournalSnapshot?>> LoadAsync(string name, CancellationToken cancellation) =>
        await admission.ObstacleAsync(cancellation) is { } obstacle
            ? obstacle
            : await journal.LoadAsync(name, cancellation);

    public async ValueTask<JournalOutcome> TruncateAsync(
        string name, long epoch, long before, CancellationToken cancellation) =>
        await admission.ObstacleAsync(cancellation) is { } obstacle
            ? new JournalOutcome.Unavailable(obstacle.Reason)
            : await journal.TruncateAsync(name, epoch, before, cancellation);

    public ValueTask DisposeAsync() => journal.DisposeAsync();
}
