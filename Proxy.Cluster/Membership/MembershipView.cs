using System.Collections.Immutable;
using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <summary>How this node stands with the cluster. In none of them does it stop serving.</summary>
internal enum ClusterStanding : byte
{
    /// <summary>The engine has not answered yet since the start.</summary>
    Connecting,

    /// <summary>The engine answers; this node is not a member yet.</summary>
    Joining,

    Member,

    /// <summary>Was a member when the engine fell silent; the view is frozen.</summary>
    Stale,

    /// <summary>The cluster will not have it, for a reason among the problems. It tries again.</summary>
    Refused,

    /// <summary>Another process took over this node's name from the same place.</summary>
    Replaced,

    /// <summary>Left as ordered; joins again when told or restarted.</summary>
    Left,
}

/// <summary>The cluster at one moment, as this node knows it. Immutable: any thread may keep it.</summary>
internal sealed record MembershipView
{
    public required string Cluster { get; init; }

    /// <summary>Made when the cluster was founded; empty before the first contact.</summary>
    public string ClusterId { get; init; } = "";

    public required NodeIdentity Self { get; init; }

    public string SelfAddress => Self.AddressIn(Cluster);

    /// <summary>All nodes are about to be stopped.</summary>
    public bool IsClosing { get; init; }

    public ClusterStanding Standing { get; init; }

    /// <summary>What an operator should know: a wrong cluster id, a name taken, a clock that is off.</summary>
    public ImmutableArray<string> Problems { get; init; } = [];

    /// <summary>By address.</summary>
    public ImmutableArray<Member> Members { get; init; } = [];

    public Revision Revision { get; init; }

    /// <summary>First by address of those this node can reach, as Akka has it: no election, and two nodes may differ;
    /// what leaders do is compared and set. Null when there are no members.</summary>
    public Member? Leader => LeaderOf("");

    /// <summary>The longest Up.</summary>
    public Member? Oldest => OldestOf("");

    public Member? SelfMember => Members.FirstOrDefault(IsSelf);

    public Member? LeaderOf(string role)
    {
        Member[] candidates =
            [.. Members.Where(member => member.HasRole(role) && (member.Reachable || IsSelf(member)))];
        return candidates.FirstOrDefault(static member => member.Status is MemberStatus.Up or MemberStatus.Leaving)
            ?? candidates.MinBy(static member => LeaderRank(member.Status));
    }

    public Member? OldestOf(string role) => Members
        .Where(member => member.Status == MemberStatus.Up && member.HasRole(role))
        .MinBy(static member => member.UpNumber); // Of equals the first, which is the first by address.

    /// <summary>By address, with or without "proxy://", or by name.</summary>
    public Member? Find(string node) => Members.FirstOrDefault(member =>
        member.Address == node || member.Address.AsSpan("proxy://".Length).SequenceEqual(node)
        || member.Node.Name == node);

    private bool IsSelf(Member member) =>
        member.Node.Name == Self.Name && member.Node.Incarnation == Self.Incarnation;

    private static int LeaderRank(MemberStatus status) => status switch
    {
        MemberStatus.Joining => 1,
        MemberStatus.Exiting => 2,
        _ => 3,
    };
}
