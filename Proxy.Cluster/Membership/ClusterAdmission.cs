using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <summary>Whether this node may have the cluster's configuration: not when the engine holds another cluster than the
/// node's, nor while the cluster refuses the node. Otherwise a node that was pointed at the wrong engine would run that
/// cluster's configuration, or commit its own file there. Any thread.</summary>
/// <param name="clusterId">Of the node; empty = it never was in one.</param>
/// <param name="refusal">Why the cluster refuses the node; null while it does not, or is not known to.</param>
internal sealed class ClusterAdmission(
    IClusterEngine engine, ClusterKeys keys, string clusterId, Func<string?> refusal)
{
    // Before the node joins it looks for itself; from then on its membership does.
    private volatile bool _isOurs = clusterId.Length == 0;

    public string? Refusal => refusal();

    /// <summary>Null when there is none.</summary>
    public async ValueTask<EngineFault?> ObstacleAsync(CancellationToken cancellation)
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
