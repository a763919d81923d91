using Proxy.Actors.Config;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>What a member's actor needs to know of the configuration and of the operator.</summary>
/// <param name="HasPeers">Other members could take the traffic. Without any, failing requests never take the member
/// out: an answer that may fail is better than none.</param>
public sealed record BackendSettings(
    MemberConfig Member,
    HealthConfig Health,
    TimeSpan SlowStart,
    InitialState InitialState,
    ResolveConfig Resolve,
    MemberOverride Override,
    bool HasPeers,
    OriginProtocol Protocol = OriginProtocol.Http1)
{
    private static readonly HealthConfig NoHealthBlock = new();

    /// <summary>Flags of the configuration, the role as letters included.</summary>
    public MemberFlags ConfiguredFlags => FlagsOf(Member);

    public MemberFlags Flags => Override.Flags ?? ConfiguredFlags;

    public int Weight => Override.Weight ?? Member.Weight;

    /// <summary>Nobody said how to watch this member, so one refused connection is enough to try the others
    /// first.</summary>
    public bool IsUnwatched => Health == NoHealthBlock;

    public MemberRole Role => MemberConfig.RoleOf(Flags, MemberRole.Primary);

    public static MemberFlags FlagsOf(MemberConfig member) => member.State | member.EffectiveRole switch
    {
        MemberRole.Spare => MemberFlags.Spare,
        MemberRole.Standby => MemberFlags.Standby,
        _ => MemberFlags.None,
    };
}
