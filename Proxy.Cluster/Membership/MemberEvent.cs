using System.Collections.Immutable;

namespace Proxy.Cluster.Membership;

/// <summary>What happened between two views, in Akka's words.</summary>
internal abstract record MemberEvent
{
    private MemberEvent()
    {
    }

    /// <summary>Akka's name of it.</summary>
    public string Name => GetType().Name;

    internal sealed record MemberJoined(Member Member) : MemberEvent;

    internal sealed record MemberUp(Member Member) : MemberEvent;

    internal sealed record MemberLeft(Member Member) : MemberEvent;

    internal sealed record MemberExited(Member Member) : MemberEvent;

    internal sealed record MemberDowned(Member Member) : MemberEvent;

    internal sealed record MemberRemoved(Member Member, MemberStatus Previous) : MemberEvent;

    internal sealed record UnreachableMember(Member Member) : MemberEvent;

    internal sealed record ReachableMember(Member Member) : MemberEvent;

    internal sealed record LeaderChanged(string? Leader) : MemberEvent;

    internal sealed record RoleLeaderChanged(string Role, string? Leader) : MemberEvent;

    /// <summary>Of this node: not one of Akka's.</summary>
    internal sealed record StandingChanged(ClusterStanding Standing, ImmutableArray<string> Problems) : MemberEvent;

    /// <summary>In the order they may have happened: members first, then reachability, then leaders.</summary>
    public static IReadOnlyList<MemberEvent> Between(MembershipView before, MembershipView after)
    {
        var events = new List<MemberEvent>();
        Dictionary<(string, long), Member> known = before.Members.ToDictionary(KeyOf);
        foreach (Member member in after.Members)
        {
            known.Remove(KeyOf(member), out Member? was);
            AddMember(events, was, member);
        }

        events.InsertRange(0, known.Values.OrderBy(static member => member.Address, StringComparer.Ordinal)
            .Select(static gone => new MemberRemoved(gone with { Status = MemberStatus.Removed }, gone.Status)));
        AddLeaders(events, before, after);
        if (before.Standing != after.Standing || !before.Problems.SequenceEqual(after.Problems))
        {
            events.Add(new StandingChanged(after.Standing, after.Problems));
        }

        return events;
    }

    private static (string Name, long Incarnation) KeyOf(Member member) => (member.Node.Name, member.Node.Incarnation);

    private static void AddMember(List<MemberEvent> events, Member? was, Member member)
    {
        if (was?.Status != member.Status)
        {
            events.Add(member.Status switch
            {
                MemberStatus.Joining => new MemberJoined(member),
                MemberStatus.Up => new MemberUp(member),
                MemberStatus.Leaving => new MemberLeft(member),
                MemberStatus.Exiting => new MemberExited(member),
                _ => new MemberDowned(member),
            });
        }

        bool wasReachable = was?.Reachable ?? true;
        if (wasReachable != member.Reachable)
        {
            events.Add(member.Reachable ? new ReachableMember(member) : new UnreachableMember(member));
        }
    }

    private static void AddLeaders(List<MemberEvent> events, MembershipView before, MembershipView after)
    {
        if (before.Leader?.Address != after.Leader?.Address)
        {
            events.Add(new LeaderChanged(after.Leader?.Address));
        }

        IEnumerable<string> roles = before.Members.Concat(after.Members)
            .SelectMany(static member => member.Node.Roles).Distinct().Order(StringComparer.Ordinal);
        foreach (string role in roles)
        {
            string? leader = after.LeaderOf(role)?.Address;
            if (before.LeaderOf(role)?.Address != leader)
            {
                events.Add(new RoleLeaderChanged(role, leader));
            }
        }
    }
}
