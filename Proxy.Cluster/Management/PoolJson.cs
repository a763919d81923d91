using System.Text.Json;
using Proxy.Cluster.Exporting;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;

namespace Proxy.Cluster.Management;

/// <summary>Pools and their members as JSON.</summary>
internal static class PoolJson
{
    public static void Write(Utf8JsonWriter json, PoolPlan pool, INodeStatus node)
    {
        EdgeTelemetry telemetry = node.Telemetry;
        json.WriteStartObject();
        json.WriteString("name", pool.Name);
        json.WriteString("balance", pool.Balancer.Name);
        json.WriteBoolean("affinity", pool.Affinity is not null);
        json.WriteNumber("candidates", pool.State.Candidates.Count);
        json.WriteNumber("requests", telemetry.SumPool(pool.Name, c => Volatile.Read(ref c.Requests)));
        json.WriteNumber("retries", telemetry.SumPool(pool.Name, c => Volatile.Read(ref c.Retries)));
        json.WriteNumber("failures", telemetry.SumPool(pool.Name, c => Volatile.Read(ref c.Failures)));
        json.WriteNumber("queued", telemetry.SumPool(pool.Name, c => Volatile.Read(ref c.Queued)));
        LatencyJson.Write(json, "firstByteMicroseconds", telemetry.PoolFirstByte(pool.Name));
        json.WriteStartArray("members");
        foreach (MemberPlan member in pool.Members)
        {
            WriteMember(json, member, node);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteMember(Utf8JsonWriter json, MemberPlan member, INodeStatus node)
    {
        MemberState state = member.State;
        Grant grant = state.Grant;
        MemberPlace place = node.Place(state.Id);
        json.WriteStartObject();
        json.WriteString("name", state.Id.Name);
        json.WriteString("url", state.Url);
        json.WriteString("route", member.Route);
        json.WriteString("role", place.Role.ToString().ToLowerInvariant());
        json.WriteNumber("set", place.Set);
        json.WriteString("state", grant.State.Name());
        json.WriteNumber("weight", grant.Weight);
        json.WriteString("reason", grant.Reason);
        json.WriteNumber("grantEpoch", grant.Epoch);
        json.WriteStartArray("addresses");
        foreach (SocketTarget address in grant.Addresses)
        {
            json.WriteStringValue(address.ToString());
        }

        json.WriteEndArray();
        json.WriteNumber("maxConnections", member.MaxConnections);
        json.WriteNumber("maxConnectionsCluster", member.MaxClusterConnections);
        json.WriteNumber("slotShare", Math.Min(state.SlotShare, member.MaxConnections));
        json.WriteNumber("inFlight", state.InFlight);
        json.WriteNumber("idle", state.Sum(c => Volatile.Read(ref c.IdleConnections)));
        WriteCounters(json, state);
        WriteHealth(json, node.Health(state.Id));
        json.WriteEndObject();
    }

    private static void WriteCounters(Utf8JsonWriter json, MemberState state)
    {
        json.WriteStartObject("counters");
        json.WriteNumber("requests", state.Sum(c => Volatile.Read(ref c.Requests)));
        json.WriteNumber("retries", state.Sum(c => Volatile.Read(ref c.Retries)));
        json.WriteNumber("connectFailures", state.Sum(c => Volatile.Read(ref c.ConnectFailures)));
        json.WriteNumber("responseFailures", state.Sum(c => Volatile.Read(ref c.ResponseFailures)));
        json.WriteNumber("connectionsOpened", state.Sum(c => Volatile.Read(ref c.ConnectionsOpened)));
        json.WriteNumber("bytesToOrigin", state.Sum(c => Volatile.Read(ref c.BytesToOrigin)));
        json.WriteNumber("bytesFromOrigin", state.Sum(c => Volatile.Read(ref c.BytesFromOrigin)));
        json.WriteNumber("status1xx", state.Sum(c => Volatile.Read(ref c.Status1xx)));
        json.WriteNumber("status2xx", state.Sum(c => Volatile.Read(ref c.Status2xx)));
        json.WriteNumber("status3xx", state.Sum(c => Volatile.Read(ref c.Status3xx)));
        json.WriteNumber("status4xx", state.Sum(c => Volatile.Read(ref c.Status4xx)));
        json.WriteNumber("status5xx", state.Sum(c => Volatile.Read(ref c.Status5xx)));
        json.WriteNumber("responseMicroseconds", state.Sum(c => Volatile.Read(ref c.ResponseMicroseconds)));
        json.WriteEndObject();
    }

    private static void WriteHealth(Utf8JsonWriter json, MemberHealth? health)
    {
        if (health is null)
        {
            json.WriteNull("health");
            return;
        }

        json.WriteStartObject("health");
        if (health.CheckedAt is DateTimeOffset at)
        {
            json.WriteString("checkedAt", at.ToUniversalTime());
        }
        else
        {
            json.WriteNull("checkedAt");
        }

        json.WriteString("result", health.Result);
        json.WriteNumber("passes", health.Passes);
        json.WriteNumber("fails", health.Fails);
        json.WriteEndObject();
    }
}
