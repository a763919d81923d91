using Proxy.Actors.Ports;
using Proxy.Actors.Pools;
using Proxy.Cluster.Health;

namespace Proxy.Tests.Simulation.Cluster;

/// <summary>A node's view of the pool: checks answer as the world has it, judgements go to the invariants.</summary>
internal sealed class SimulatedMembers(ClusterWorld world, string node) : IHealthTargets
{
    public ValueTask<ProbeResult> ProbeAsync(string pool, string member)
    {
        bool broken = world.Broken.Contains(member);
        return ValueTask.FromResult(
            new ProbeResult(!broken, broken ? "refused" : "200", broken ? 0 : 200, TimeSpan.Zero));
    }

    public void Judge(string pool, string member, Judgement judgement) =>
        world.Invariants.Judged(node, member, judgement, world.Now);
}
