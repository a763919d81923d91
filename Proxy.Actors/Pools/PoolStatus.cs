using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>A pool as operators see it.</summary>
/// <param name="Candidates">Names of the members that take new requests.</param>
/// <param name="Reasons">Why spares, standbys or higher sets serve, or nobody.</param>
/// <param name="Waiting">Exchanges that wait for a slot.</param>
public sealed record PoolStatus(
    string Name,
    IReadOnlyList<MemberStatus> Members,
    IReadOnlyList<string> Candidates,
    IReadOnlyList<string> Reasons,
    int Waiting);

/// <summary>A member as operators see it.</summary>
public sealed record MemberStatus(
    MemberState Member,
    Grant Grant,
    MemberCondition Condition,
    MemberRole Role,
    int Set,
    MemberOverride Override);
