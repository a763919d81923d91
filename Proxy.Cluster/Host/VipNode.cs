using Proxy.Cluster.Vrrp.Node;
using Proxy.Edge.Node;
using Proxy.Edge.Snapshot;

namespace Proxy.Cluster.Host;

/// <summary>The node as its virtual routers see it.</summary>
/// <param name="edge">The loops.</param>
/// <param name="status">Whether it takes traffic.</param>
/// <param name="isDeparting">Whether it is not ready because it was told to go: its addresses are handed over then, and
/// must not be dropped before.</param>
/// <param name="hasMajority">Whether it is on the majority's side.</param>
/// <param name="members">Of the cluster.</param>
internal sealed class VipNode(
    EdgeNode edge, NodeStatus status, Func<bool> isDeparting, Func<bool> hasMajority,
    Func<IReadOnlyList<string>> members) : IVipNode
{
    private readonly LoopPulse _pulse = edge.NewPulse();

    public bool IsReady => status.IsReady(out _) || isDeparting();

    public bool HasMajority => hasMajority();

    public IReadOnlyList<string> Members => members();

    public bool HasCandidates(string pool)
    {
        foreach (PoolPlan plan in edge.Snapshot.Pools)
        {
            if (plan.Name == pool)
            {
                return plan.State.Candidates.Count > 0;
            }
        }

        return false;
    }

    public int Loops => _pulse.Count;

    public bool HasTurned(int loop) => _pulse.IsAnswered(loop);

    public int ThreadOf(int loop) => _pulse.ThreadOf(loop);

    public void Ask(int loop) => _pulse.Ask(loop);
}
