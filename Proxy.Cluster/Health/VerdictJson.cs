using System.Collections.Immutable;
using System.Text.Json;

namespace Proxy.Cluster.Health;

/// <summary>Verdicts with their evidence, as nodes tell each other and management shows them.</summary>
internal static class VerdictJson
{
    public static void Write(Utf8JsonWriter json, ImmutableArray<MemberVerdict> members)
    {
        json.WriteStartArray("members");
        foreach (MemberVerdict member in members)
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

        json.WriteEndArray();
    }
}
