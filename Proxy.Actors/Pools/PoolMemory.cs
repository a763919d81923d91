using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>What a pool's actor finds again after a crash: the last configuration and what operators ordered. Touched by that actor
/// only, one incarnation after the other.</summary>
internal sealed class PoolMemory
{
    private readonly Dictionary<MemberId, MemberOverride> _overrides = [];

    public PoolSettings? Settings { get; set; }

    public MemberOverride OverrideOf(MemberId member) => _overrides.GetValueOrDefault(member, MemberOverride.None);

    public void Override(MemberId member, MemberOverride changed)
    {
        if (changed == MemberOverride.None)
        {
            _overrides.Remove(member);
        }
        else
        {
            _overrides[member] = changed;
        }
    }
}
