using System.Text.Json;
using Proxy.Edge.Telemetry;

namespace Proxy.Cluster.Management;

/// <summary>The usual quantiles of a histogram as a JSON object; microseconds.</summary>
internal static class LatencyJson
{
    public static void Write(Utf8JsonWriter json, string name, LatencyHistogram copy)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count", copy.Count);
        json.WriteNumber("p50", copy.Quantile(0.5));
        json.WriteNumber("p90", copy.Quantile(0.9));
        json.WriteNumber("p99", copy.Quantile(0.99));
        json.WriteEndObject();
    }
}
