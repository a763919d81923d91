using Proxy.Actors.Pools;
using Proxy.Actors.Ports;
using Proxy.Actors.Publishing;
using Proxy.Actors.Runtime;

namespace Proxy.Cluster.Health;

/// <summary>Port to this node's own pools. Any thread.</summary>
internal interface IHealthTargets
{
    /// <summary>One check; fails when there is no such member here, or it cannot be checked.</summary>
    ValueTask<ProbeResult> ProbeAsync(string pool, string member);

    void Judge(string pool, string member, Judgement judgement);
}

/// <summary>The pools' actors.</summary>
internal sealed class PoolTargets(PoolDirectory pools) : IHealthTargets
{
    // A check has its own time-out, which is shorter; this is for an actor that died with it.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public ValueTask<ProbeResult> ProbeAsync(string pool, string member) =>
        pools.TryFind(pool, out IRef<PoolMessage>? actor)
            ? actor.Ask<ProbeResult, string>(
                static (reply, name) => new PoolMessage.Probe(name, reply), member, Limit)
            : ValueTask.FromException<ProbeResult>(new InvalidOperationException($"no pool {pool} here"));

    public void Judge(string pool, string member, Judgement judgement)
    {
        if (pools.TryFind(pool, out IRef<PoolMessage>? actor))
        {
            actor.Tell(new PoolMessage.Judge(member, judgement));
        }
    }
}
