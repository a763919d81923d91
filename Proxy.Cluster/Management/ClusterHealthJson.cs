using System.Text.Json;
using Proxy.Cluster.Health;

namespace Proxy.Cluster.Management;

/// <summary>What the cluster's health supervisors say, with their evidence, as this node heard it last.</summary>
internal static class ClusterHealthJson
{
    public static void Write(Utf8JsonWriter json, HealthBoard board, DateTimeOffset now)
    {
        json.WriteStartArray();
        foreach (HeardVerdicts heard in board.All)
        {
            json.WriteStartObject();
            json.WriteString("pool", heard.Verdicts.Pool);
            json.WriteNumber("token", heard.Verdicts.Token);
            json.WriteNumber("number", heard.Verdicts.Number);
            json.WriteString("at", heard.At);
            json.WriteBoolean("fresh", now - heard.At < heard.Verdicts.FreshFor);
            json.WriteStartArray("members");
            foreach (MemberVerdict member in heard.Verdicts.Members)
            {
                WriteMember(json, member);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteMember(Utf8JsonWriter json, MemberVerdict member)
    {
        json.WriteStartObject();
        json.WriteString("member", member.Member);
        json.WriteBoolean("up", member.Up);
        json.WriteString("reason", member.Reason);
        json.WriteStartArray("evidence");
        foreach (Opinion opinion in member.Evidence)
        {
            json.WriteStartObject();
            json.WriteString("node", opinion.Node);
            json.WriteBoolean("passed", opinion.Passed);
            json.WriteString("reason", opinion.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
