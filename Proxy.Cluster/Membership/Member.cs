using System.Collections.Immutable;
using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <summary>A node as the cluster sees it.</summary>
/// <param name="Address">In Akka's form: "proxy://cluster@host:port".</param>
/// <param name="Node">Who it is.</param>
/// <param name="Status">Never <see cref="MemberStatus.Removed"/> in a view.</param>
/// <param name="UpNumber">Counts members in the order of becoming Up; 0 before that.</param>
/// <param name="ObservedBy">Addresses of members that cannot reach it; all living ones when its lease ended.</param>
/// <param name="Alive">Its lease in the engine lives.</param>
/// <param name="Load">What it last said of its load.</param>
internal sealed record Member(
    string Address,
    NodeIdentity Node,
    MemberStatus Status,
    int UpNumber,
    ImmutableArray<string> ObservedBy,
    bool Alive,
    NodeLoad Load)
{
    /// <summary>What its sign of life hangs on; none when that has ended.</summary>
    public LeaseId Lease { get; init; }

    /// <summary>May be given work for the cluster.</summary>
    public bool IsServing => Status == MemberStatus.Up && Alive;

    public bool Reachable => ObservedBy.IsEmpty;

    public bool HasRole(string role) => role.Length == 0 || Node.Roles.Contains(role);
}

/// <summary>How busy a node is, for people and for placing work.</summary>
/// <param name="Connections">Of clients, open.</param>
/// <param name="RequestsPerSecond">Over the last interval.</param>
/// <param name="Processor">Of one core, in percent.</param>
internal readonly record struct NodeLoad(int Connections, int RequestsPerSecond, int Processor);
