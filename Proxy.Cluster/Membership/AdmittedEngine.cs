using System.Runtime.CompilerServices;
using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <summary>The engine as far as this node may use it for the cluster's configuration: see
/// <see cref="ClusterAdmission"/>. Any thread.</summary>
internal sealed class AdmittedEngine(IClusterEngine engine, ClusterAdmission admission) : IClusterEngine
{
    public EngineHealth Health => engine.Health;

    public ValueTask<EngineResult<ItemRead>> GetAsync(string key, CancellationToken cancellation) =>
        AdmittedAsync(() => engine.GetAsync(key, cancellation), cancellation);

    public ValueTask<EngineResult<Listing>> ListAsync(string prefix, CancellationToken cancellation) =>
        AdmittedAsync(() => engine.ListAsync(prefix, cancellation), cancellation);

    public ValueTask<EngineResult<CommitOutcome>> CommitAsync(
        EngineTransaction transaction, CancellationToken cancellation) =>
        AdmittedAsync(() => engine.CommitAsync(transaction, cancellation), cancellation);

    public async IAsyncEnumerable<WatchSignal> WatchAsync(
        string prefix, Revision from, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (await admission.ObstacleAsync(cancellation) is { } obstacle)
        {
            yield return new WatchSignal.Ended(obstacle);
            yield break;
        }

        await foreach (WatchSignal signal in engine.WatchAsync(prefix, from, cancellation))
        {
            if (admission.Refusal is { } reason)
            {
                yield return new WatchSignal.Ended(EngineFault.Unavailable(reason));
                yield break;
            }

            yield return signal;
        }
    }

    public ValueTask<EngineResult<Lease>> GrantAsync(TimeSpan timeToLive, CancellationToken cancellation) =>
        AdmittedAsync(() => engine.GrantAsync(timeToLive, cancellation), cancellation);

    public ValueTask<EngineResult<Lease>> KeepAliveAsync(LeaseId lease, CancellationToken cancellation) =>
        AdmittedAsync(() => engine.KeepAliveAsync(lease, cancellation), cancellation);

    public ValueTask<EngineResult<AttachedLease>> ReattachAsync(LeaseId lease, CancellationToken cancellation) =>
        AdmittedAsync(() => engine.ReattachAsync(lease, cancellation), cancellation);

    public ValueTask<EngineResult<Revision>> RevokeAsync(LeaseId lease, CancellationToken cancellation) =>
        AdmittedAsync(() => engine.RevokeAsync(lease, cancellation), cancellation);

    /// <summary>The engine belongs to the caller.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<EngineResult<T>> AdmittedAsync<T>(
        Func<ValueTask<EngineResult<T>>> call, CancellationToken cancellation) =>
        await admission.ObstacleAsync(cancellation) is { } obstacle ? obstacle : await call();
}
