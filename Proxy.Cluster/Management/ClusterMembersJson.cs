using System.Text.Json;
using Proxy.Cluster.Membership;

namespace Proxy.Cluster.Management;

/// <summary>Members in the shapes of Akka Management, which tools and operators know.</summary>
internal static class ClusterMembersJson
{
    public static void WriteView(Utf8JsonWriter json, MembershipView view)
    {
        json.WriteStartObject();
        json.WriteString("selfNode", view.SelfAddress);
        json.WriteStartArray("members");
        foreach (Member member in view.Members)
        {
            WriteMember(json, member);
        }

        json.WriteEndArray();
        json.WriteStartArray("unreachable");
        foreach (Member member in view.Members.Where(static member => !member.Reachable))
        {
            json.WriteStartObject();
            json.WriteString("node", member.Address);
            WriteTexts(json, "observedBy", member.ObservedBy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteOptional(json, "leader", view.Leader);
        WriteOptional(json, "oldest", view.Oldest);
        json.WriteStartObject("oldestPerRole");
        foreach (string role in view.Members.SelectMany(static member => member.Node.Roles).Distinct()
            .Order(StringComparer.Ordinal))
        {
            WriteOptional(json, role, view.OldestOf(role));
        }

        json.WriteEndObject();

        // Ours beside Akka's.
        json.WriteString("cluster", view.Cluster);
        json.WriteString("clusterId", view.ClusterId);
        json.WriteString("standing", view.Standing.ToString());
        WriteTexts(json, "problems", view.Problems);
        json.WriteEndObject();
    }

    public static void WriteMember(Utf8JsonWriter json, Member member)
    {
        json.WriteStartObject();
        json.WriteString("node", member.Address);
        json.WriteString("nodeUid", member.Node.Incarnation.ToString(null, null));
        json.WriteString("status", member.Status.ToString());
        WriteTexts(json, "roles", member.Node.Roles);
        json.WriteString("name", member.Node.Name);
        json.WriteString("version", member.Node.Version);
        json.WriteString("management", member.Node.ManagementAddress);
        json.WriteNumber("upNumber", member.UpNumber);
        json.WriteStartObject("load");
        json.WriteNumber("connections", member.Load.Connections);
        json.WriteNumber("requestsPerSecond", member.Load.RequestsPerSecond);
        json.WriteNumber("processor", member.Load.Processor);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>What a new node would ask: here a list of addresses to try, for joining goes by the engine.</summary>
    public static void WriteSeeds(Utf8JsonWriter json, MembershipView view)
    {
        json.WriteStartObject();
        json.WriteString("selfNode", view.SelfAddress);
        json.WriteStartArray("seedNodes");
        foreach (Member member in view.Members.Where(static member =>
            member.Reachable && member.Status is (MemberStatus.Up or MemberStatus.Joining)))
        {
            json.WriteStartObject();
            json.WriteString("node", member.Address);
            json.WriteNumber("nodeUid", member.Node.Incarnation);
            json.WriteString("status", member.Status.ToString());
            WriteTexts(json, "roles", member.Node.Roles);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, Member? member)
    {
        if (member is not null)
        {
            json.WriteString(name, member.Address);
        }
    }
}
