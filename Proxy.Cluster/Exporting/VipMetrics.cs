using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Node;

namespace Proxy.Cluster.Exporting;

/// <summary>Metrics of virtual routers.</summary>
internal static class VipMetrics
{
    public static void Write(ExpositionWriter output, VipReport report)
    {
        if (report.Vips.Count == 0)
        {
            return;
        }

        output.Gauge("proxy_vip_guard_connected", "1 while the process that holds the virtual addresses works.");
        output.Sample(report.GuardProcess != 0 ? 1 : 0);
        output.Gauge("proxy_vip_state", "1 for the state a virtual router is in, 0 for the others.");
        foreach (VipView vip in report.Vips)
        {
            foreach (VrrpState state in Enum.GetValues<VrrpState>())
            {
                output.Sample(
                    vip.State == state ? 1 : 0, ("vip", vip.Plan.Config.Name), ("state", VipWords.Of(state)));
            }
        }

        output.Gauge("proxy_vip_priority", "Priority that a virtual router advertises, or would.");
        foreach (VipView vip in report.Vips)
        {
            output.Sample(vip.Priority, ("vip", vip.Plan.Config.Name));
        }

        WriteCounters(output, report);
    }

    private static void WriteCounters(ExpositionWriter output, VipReport report)
    {
        VipView[] counted = [.. report.Vips.Where(static vip => vip.Counters is not null)];
        if (counted.Length == 0)
        {
            return;
        }

        output.Counter("proxy_vip_adverts_total", "VRRP adverts, by what became of them.");
        foreach (VipView vip in counted)
        {
            output.Sample(vip.Counters!.Value.Sent, ("vip", vip.Plan.Config.Name), ("result", "sent"));
            output.Sample(vip.Counters.Value.Received, ("vip", vip.Plan.Config.Name), ("result", "received"));
            output.Sample(vip.Counters.Value.Refused, ("vip", vip.Plan.Config.Name), ("result", "refused"));
            output.Sample(vip.Counters.Value.Covered, ("vip", vip.Plan.Config.Name), ("result", "covered"));
        }

        output.Counter("proxy_vip_takeovers_total", "Times a virtual router became master here.");
        foreach (VipView vip in counted)
        {
            output.Sample(vip.Counters!.Value.Takeovers, ("vip", vip.Plan.Config.Name));
        }
    }
}
