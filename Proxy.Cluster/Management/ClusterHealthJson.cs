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
            VerdictJson.Write(json, heard.Verdicts.Members);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
