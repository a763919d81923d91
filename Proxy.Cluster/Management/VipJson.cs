using System.Text.Json;
using Proxy.Cluster.Vrrp.Guard;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Node;

namespace Proxy.Cluster.Management;

/// <summary>Virtual routers as JSON.</summary>
internal static class VipJson
{
    public static void Write(Utf8JsonWriter json, VipReport report, string nodeName)
    {
        json.WriteStartObject();
        json.WriteStartObject("guard");
        json.WriteBoolean("connected", report.GuardProcess != 0);
        json.WriteNumber("process", report.GuardProcess);
        json.WriteBoolean("realTime", report.IsRealTime);
        json.WriteEndObject();
        json.WriteStartArray("vips");
        foreach (VipView vip in report.Vips)
        {
            Write(json, vip, nodeName);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, VipView vip, string nodeName)
    {
        json.WriteStartObject();
        json.WriteString("name", vip.Plan.Config.Name);
        json.WriteStartArray("addresses");
        foreach (string address in vip.Plan.Config.Addresses)
        {
            json.WriteStringValue(address);
        }

        json.WriteEndArray();
        json.WriteString("interface", vip.Plan.Config.Interface);
        json.WriteNumber("routerId", vip.Plan.Config.RouterId);
        json.WriteNumber("version", vip.Plan.Config.Version);
        json.WriteString("state", VipWords.Of(vip.State));
        json.WriteNumber("priority", vip.Priority);
        json.WriteString("since", vip.Since);

        // Null rather than what was true a while ago.
        json.WriteString("owner", vip.State == VrrpState.Master ? nodeName : vip.Owner.Length > 0 ? vip.Owner : null);
        json.WriteString("ownerAddress", vip.Master.IsNone ? null : vip.Master.ToString());
        json.WriteStartArray("faults");
        foreach (string fault in VipWords.Faults(vip.Faults))
        {
            json.WriteStringValue(fault);
        }

        json.WriteEndArray();
        if (vip.Counters is { } counters)
        {
            WriteCounters(json, counters);
        }

        json.WriteEndObject();
    }

    private static void WriteCounters(Utf8JsonWriter json, RouterCounters counters)
    {
        json.WriteStartObject("counters");
        json.WriteNumber("sent", counters.Sent);
        json.WriteNumber("received", counters.Received);
        json.WriteNumber("refused", counters.Refused);
        json.WriteNumber("covered", counters.Covered);
        json.WriteNumber("takeovers", counters.Takeovers);
        json.WriteNumber("announced", counters.Announced);
        json.WriteNumber("worstLatenessMicroseconds", counters.WorstLateness);
        json.WriteNumber("lateness99Microseconds", counters.LatenessOf99);
        json.WriteNumber("lateness999Microseconds", counters.LatenessOf999);
        json.WriteEndObject();
    }
}
