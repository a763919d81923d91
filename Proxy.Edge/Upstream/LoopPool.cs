using System.Diagnostics.CodeAnalysis;
using Proxy.Edge.Balancing;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Upstream;

/// <summary>A pool as one loop sees it: the balancer's state and the members' kept connections. It lives as long as
/// the pool's name; a new revision is adopted in place. Loop thread only.</summary>
public sealed class LoopPool
{
    private readonly OriginServices _services;
    private readonly Dictionary<MemberState, LoopMember> _members = [];

    public LoopPool(OriginServices services, PoolPlan plan)
    {
        _services = services;
        Plan = plan;
        Balancer = plan.Balancer.Create();
        AdoptMembers(plan);
    }

    public PoolPlan Plan { get; private set; }

    public IBalancer Balancer { get; private set; }

    /// <summary>The loop's side of a member of the current revision. False for one of another revision: the pool's
    /// actor publishes the candidates of a new one a moment before the loops take it over, and drops those of the
    /// old one a moment after.</summary>
    public bool TryFind(MemberState state, [NotNullWhen(true)] out LoopMember? member) =>
        _members.TryGetValue(state, out member);

    public void Adopt(PoolPlan plan)
    {
        if (ReferenceEquals(plan, Plan))
        {
            return;
        }

        if (plan.Balancer.Name != Plan.Balancer.Name)
        {
            Balancer = plan.Balancer.Create();
        }

        Plan = plan;
        AdoptMembers(plan);
    }

    /// <summary>The pool left the configuration: running exchanges finish, kept connections go.</summary>
    public void Retire()
    {
        foreach (LoopMember member in _members.Values)
        {
            member.Retire();
        }
    }

    private void AdoptMembers(PoolPlan plan)
    {
        var kept = new HashSet<MemberState>();
        foreach (MemberPlan member in plan.Members)
        {
            kept.Add(member.State);
            if (_members.TryGetValue(member.State, out LoopMember? known))
            {
                known.Adopt(member, plan.Reuse);
            }
            else
            {
                _members[member.State] = new LoopMember(_services, member, plan.Reuse);
            }
        }

        // A member that left must not be found again: until the pool's actor has settled, its candidates still name it.
        foreach (MemberState gone in _members.Keys.Where(state => !kept.Contains(state)).ToArray())
        {
            _members.Remove(gone, out LoopMember? member);
            member!.Retire();
        }
    }
}
