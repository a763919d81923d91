using System.Runtime.CompilerServices;
using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <summary>The engine as far as this node may use it for the cluster's configuration: not when the engine holds
/// another cluster than the node's, nor while the cluster refuses the node. Otherwise a node that was pointed at the
/// wrong engine would run that cluster's configuration, or commit its own file there. Any thread.</summary>
/// <param name="clusterId">Of the node; empty = it never was in one.</param>
/// <param name="refusal">Why the cluster refuses the node; null while it does not, or is not known to.</param>
internal sealed class AdmittedEngine(
    IClusterEngine engine, ClusterKeys keys, string clusterId, Func<string?> refusal) : IClusterEngine
{
    // Before the node joins it looks for itself; from then on its membership does.
    private volatile bool _isOurs = clusterId.Length == 0;

    public EngineHealth Health => engine.Health;

    public async ValueTask<EngineResult<ItemRead>> GetAsync(string key, CancellationToken cancellation) =>
        await ObstacleAsync(cancellation) is { } obstacle ? obstacle : await engine.GetAsync(key, cancellation);

    public async ValueTask<EngineResult<Listing>> ListAsync(string prefix, CancellationToken cancellation) =>
        await ObstacleAsync(cancellation) is { } obstacle ? obstacle : await engine.ListAsync(prefix, cancellation);

    public async ValueTask<EngineResult<CommitOutcome>> CommitAsync(
        EngineTransaction transaction, CancellationToken cancellation) =>
        await ObstacleAsync(cancellation) is { } obstacle
            ? obstacle
            : await engine.CommitAsync(transaction, cancellation);

    public async IAsyncEnumerable<WatchSignal> WatchAsync(
        string prefix, Revision from, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (await ObstacleAsync(cancellation) is { } obstacle)
        {
            yield return new WatchSignal.Ended(obstacle);
            yield break;
        }

        await foreach (WatchSignal signal in engine.WatchAsync(prefix, from, cancellation))
        {
            if (refusal() is { } reason)
            {
                yield return new WatchSignal.Ended(EngineFault.Unavailable(reason));
                yield break;
            }

            yield return signal;
        }
    }

    public async ValueTask<EngineResult<Lease>> GrantAsync(TimeSpan timeToLive, CancellationToken cancellation) =>
        await ObstacleAsync(cancellation) is { } obstacle
            ? obstacle
            : await engine.GrantAsync(timeToLive, cancellation);

    public async ValueTask<EngineResult<Lease>> KeepAliveAsync(LeaseId lease, CancellationToken cancellation) =>
        await ObstacleAsync(cancellation) is { } obstacle
            ? obstacle
            : await engine.KeepAliveAsync(lease, cancellation);

    public async ValueTask<EngineResult<AttachedLease>> ReattachAsync(
        LeaseId lease, CancellationToken cancellation) =>
        await ObstacleAsync(cancellation) is { } obstacle
            ? obstacle
            : await engine.ReattachAsync(lease, cancellation);

    public async ValueTask<EngineResult<Revision>> RevokeAsync(LeaseId lease, CancellationToken cancellation) =>
        await ObstacleAsync(cancellation) is { } obstacle
            ? obstacle
            : await engine.RevokeAsync(lease, cancellation);

    /// <summary>The engine belongs to the caller.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<EngineFault?> ObstacleAsync(CancellationToken cancellation)
    {
        if (refusal() is { } reason)
        {
            return EngineFault.Unavailable(reason);
        }

        if (_isOurs)
        {
            return null;
        }

        EngineResult<ItemRead> read = await engine.GetAsync(keys.Identity, cancellation);
        if (!read.IsOk)
        {
            return read.Fault;
        }

        if (read.Value.Item is { } item && ClusterRecord.Read(item.Value) is { } found && found.Id != clusterId)
        {
            return EngineFault.Unavailable(found.IsForeignTo(clusterId, keys.Cluster));
        }

        _isOurs = true;
        return null;
    }
}
