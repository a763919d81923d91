using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>What a member's actor tells its pool after every change.</summary>
/// <param name="Settled">False until its addresses are known or could not be found: a new pool waits for it.</param>
public sealed record BackendReport(
    MemberState Member, Grant Grant, MemberCondition Condition, MemberRole Role, bool Settled);
