namespace Proxy.Cluster.Membership;

/// <summary>Events in one line, for logs.</summary>
internal static class MemberEventText
{
    public static string Of(MemberEvent happened) => happened switch
    {
        MemberEvent.MemberJoined joined => $"{Text(joined.Member)} is joining",
        MemberEvent.MemberUp up => $"{Text(up.Member)} is up",
        MemberEvent.MemberLeft left => $"{Text(left.Member)} is leaving",
        MemberEvent.MemberExited exited => $"{Text(exited.Member)} is exiting",
        MemberEvent.MemberDowned downed => $"{Text(downed.Member)} is down",
        MemberEvent.MemberRemoved removed => $"{Text(removed.Member)} is removed, was {removed.Previous}",
        MemberEvent.UnreachableMember gone =>
            $"{Text(gone.Member)} is unreachable, says {string.Join(", ", gone.Member.ObservedBy)}",
        MemberEvent.ReachableMember back => $"{Text(back.Member)} is reachable again",
        MemberEvent.LeaderChanged leader => $"the leader is {leader.Leader ?? "nobody"}",
        MemberEvent.RoleLeaderChanged leader => $"the leader of {leader.Role} is {leader.Leader ?? "nobody"}",
        MemberEvent.StandingChanged standing => $"this node is {standing.Standing}",
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "unknown event"),
    };

    private static string Text(Member member) =>
        $"node {member.Node.Name} ({member.Node.PeerAddress}, {member.Node.Version})";
}
