using System.Buffers;
using System.Text.Json;
using Proxy.Cluster.Membership;

namespace Proxy.Cluster.Management;

/// <summary>One event as Akka Management's domain events have it.</summary>
internal static class ClusterEventJson
{
    /// <summary>On one line.</summary>
    public static byte[] Write(MemberEvent happened)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            WriteFields(json, happened);
            json.WriteString("type", happened.Name);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Whether somebody who asked for that type gets the event; Akka's types have super-types.</summary>
    public static bool Is(MemberEvent happened, string type) => type == happened.Name || type switch
    {
        "ClusterDomainEvent" => true,
        "MemberEvent" => happened is MemberEvent.MemberJoined or MemberEvent.MemberUp or MemberEvent.MemberLeft
            or MemberEvent.MemberExited or MemberEvent.MemberDowned or MemberEvent.MemberRemoved,
        "ReachabilityEvent" => happened is MemberEvent.UnreachableMember or MemberEvent.ReachableMember,
        _ => false,
    };

    private static void WriteFields(Utf8JsonWriter json, MemberEvent happened)
    {
        switch (happened)
        {
            case MemberEvent.LeaderChanged leader:
                json.WriteString("address", leader.Leader);
                break;
            case MemberEvent.RoleLeaderChanged leader:
                json.WriteString("address", leader.Leader);
                json.WriteString("role", leader.Role);
                break;
            case MemberEvent.StandingChanged standing:
                json.WriteString("standing", standing.Standing.ToString());
                ClusterMembersJson.WriteTexts(json, "problems", standing.Problems);
                break;
            case MemberEvent.MemberRemoved removed:
                WriteMember(json, removed.Member);
                json.WriteString("previousStatus", removed.Previous.ToString());
                break;
            default:
                WriteMember(json, MemberOf(happened));
                break;
        }
    }

    private static Member MemberOf(MemberEvent happened) => happened switch
    {
        MemberEvent.MemberJoined one => one.Member,
        MemberEvent.MemberUp one => one.Member,
        MemberEvent.MemberLeft one => one.Member,
        MemberEvent.MemberExited one => one.Member,
        MemberEvent.MemberDowned one => one.Member,
        MemberEvent.UnreachableMember one => one.Member,
        MemberEvent.ReachableMember one => one.Member,
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "not about a member"),
    };

    private static void WriteMember(Utf8JsonWriter json, Member member)
    {
        json.WriteStartObject("member");
        json.WriteString("dataCenter", "default");
        ClusterMembersJson.WriteTexts(json, "roles", member.Node.Roles);
        json.WriteString("status", member.Status.ToString());
        json.WriteStartObject("uniqueAddress");
        json.WriteString("address", member.Address);
        json.WriteNumber("longUid", member.Node.Incarnation);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
