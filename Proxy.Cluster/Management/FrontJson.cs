using System.Text.Json;
using Proxy.Cluster.Exporting;
using Proxy.Edge.Routing;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;

namespace Proxy.Cluster.Management;

/// <summary>What faces the clients as JSON: listeners and routes.</summary>
internal static class FrontJson
{
    public static void WriteListener(Utf8JsonWriter json, ListenerPlan listener, EdgeTelemetry telemetry)
    {
        string name = listener.Name;
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("bind", listener.Bind.ToString());
        json.WriteNumber("maxConnections", listener.MaxConnections);
        json.WriteString("accessLog", listener.AccessLog?.Path);
        WriteStrings(json, "routes", listener.RoutePlans.Select(route => route.Name));
        json.WriteNumber("connectionsOpen", telemetry.SumListener(name, c => Volatile.Read(ref c.ConnectionsOpen)));
        json.WriteNumber(
            "connectionsAccepted", telemetry.SumListener(name, c => Volatile.Read(ref c.ConnectionsAccepted)));
        json.WriteNumber(
            "connectionsRefused", telemetry.SumListener(name, c => Volatile.Read(ref c.ConnectionsRefused)));
        json.WriteNumber("requests", telemetry.SumListener(name, c => Volatile.Read(ref c.Requests)));
        json.WriteNumber("bytesIn", telemetry.SumListener(name, c => Volatile.Read(ref c.BytesIn)));
        json.WriteNumber("bytesOut", telemetry.SumListener(name, c => Volatile.Read(ref c.BytesOut)));
        json.WriteEndObject();
    }

    public static void WriteRoute(Utf8JsonWriter json, RoutePlan route, EdgeTelemetry telemetry)
    {
        string name = route.Name;
        json.WriteStartObject();
        json.WriteNumber("index", route.Index);
        json.WriteString("name", name);
        WriteMatch(json, route.Match);
        json.WriteString("pool", route.Pool?.Name);
        json.WriteString("redirect", route.Redirect?.Location);
        if (route.Response is { } response)
        {
            json.WriteNumber("respond", response.Status);
        }
        else
        {
            json.WriteNull("respond");
        }

        json.WriteNumber("requests", telemetry.SumRoute(name, c => Volatile.Read(ref c.Requests)));
        json.WriteNumber("status1xx", telemetry.SumRoute(name, c => Volatile.Read(ref c.Responses.Class1)));
        json.WriteNumber("status2xx", telemetry.SumRoute(name, c => Volatile.Read(ref c.Responses.Class2)));
        json.WriteNumber("status3xx", telemetry.SumRoute(name, c => Volatile.Read(ref c.Responses.Class3)));
        json.WriteNumber("status4xx", telemetry.SumRoute(name, c => Volatile.Read(ref c.Responses.Class4)));
        json.WriteNumber("status5xx", telemetry.SumRoute(name, c => Volatile.Read(ref c.Responses.Class5)));
        json.WriteNumber("noStatus", telemetry.SumRoute(name, c => Volatile.Read(ref c.Responses.None)));
        json.WriteNumber("bytesIn", telemetry.SumRoute(name, c => Volatile.Read(ref c.BytesIn)));
        json.WriteNumber("bytesOut", telemetry.SumRoute(name, c => Volatile.Read(ref c.BytesOut)));
        LatencyJson.Write(json, "durationMicroseconds", telemetry.RouteLatency(name));
        json.WriteEndObject();
    }

    // Values of headers, cookies and query parameters may be secrets, so only their names are shown.
    private static void WriteMatch(Utf8JsonWriter json, RouteMatch match)
    {
        json.WriteStartObject("match");
        WriteStrings(json, "hosts", match.Hosts);
        json.WriteString("pathKind", match.PathKind.ToString().ToLowerInvariant());
        json.WriteString("path", match.Path);
        WriteStrings(json, "methods", match.Methods);
        WriteStrings(json, "headers", match.Headers.Select(value => value.Name));
        WriteStrings(json, "cookies", match.Cookies.Select(value => value.Name));
        WriteStrings(json, "query", match.Query.Select(value => value.Name));
        WriteStrings(json, "sources", match.Sources.Select(Range));
        WriteStrings(json, "listeners", match.Listeners);
        json.WriteEndObject();
    }

    // A range counts its prefix in bits of the 128-bit form; people write IPv4 prefixes in 32.
    private static string Range(AddressRange range)
    {
        int unwritten = range.Base.IsIpv4 && range.PrefixLength >= 96 ? 96 : 0;
        return $"{range.Base}/{range.PrefixLength - unwritten}";
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
