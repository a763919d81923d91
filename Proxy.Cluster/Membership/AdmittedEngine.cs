using System.Runtime.CompilerServices;
using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <summary>The engine as far as this node may use it for the cluster's configuration: see
/// <see cref="ClusterAdmission"/>. Any thread.</summary>
internal sealed class AdmittedEngine(IClusterEngine engine, ClusterAdmission admission) : IClusterEngine
{
    public EngineHealth Health => engine.Health;

    public async ValueTask<EngineResult<ItemRead>> GetAsync(string key, CancellationToken cancellation) =>
        await admission.ObstacleAsync(cancellation) is { } obstacle ? obstacle : await engine.GetAsync(
            key, cancellation);

    public async ValueTask<EngineResult<Listing>> ListAsync(string prefix, CancellationToken cancellation) =>
        await admission.ObstacleAsync(cancellation) is { } obstacle ? obstacle : await engine.ListAsync(
            prefix, cancellation);

    public async ValueTask<EngineResult<CommitOutcome>> CommitAsync(
        EngineTransaction transaction, CancellationToken cancellation) =>
        await admission.ObstacleAsync(cancellation) is { } obstacle
            ? obstacle
            : await engine.CommitAsync(transaction, cancellation);

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

    public async ValueTask<EngineResult<Lease>> GrantAsync(TimeSpan timeToLive, CancellationToken cancellation) =>
        await admission.ObstacleAsync(cancellation) is { } obstacle
            ? obstacle
            : await engine.GrantAsync(timeToLive, cancellation);

    public async ValueTask<EngineResult<Lease>> KeepAliveAsync(LeaseId lease, CancellationToken cancellation) =>
        await admission.ObstacleAsync(cancellation) is { } obstacle
            ? obstacle
            : await engine.KeepAliveAsync(lease, cancellation);

    public async ValueTask<EngineResult<AttachedLease>> ReattachAsync(
        LeaseId lease, CancellationToken cancellation) =>
        await admission.ObstacleAsync(cancellation) is { } obstacle
            ? obstacle
            : await engine.ReattachAsync(lease, cancellation);

    public async ValueTask<EngineResult<Revision>> RevokeAsync(LeaseId lease, CancellationToken cancellation) =>
        await admission.ObstacleAsync(cancellation) is { } obstacle
            ? obstacle
            : await engine.RevokeAsync(lease, cancellation);

    /// <summary>The engine belongs to the caller.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
