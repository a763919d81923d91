using Proxy.Cluster.Acme;

namespace Proxy.Cluster.Exporting;

/// <summary>Metrics of certificates that are ordered.</summary>
internal static class AcmeMetrics
{
    public static void Write(ExpositionWriter output, IReadOnlyList<AcmeOrderState> orders)
    {
        if (orders.Count == 0)
        {
            return;
        }

        output.Counter("proxy_acme_orders_total", "Certificates ordered from the ACME authority, by result.");
        foreach (AcmeOrderState one in orders)
        {
            output.Sample(one.Issued, ("names", one.Names), ("result", "issued"));
            output.Sample(one.Failed, ("names", one.Names), ("result", "failed"));
        }

        AcmeOrderState[] planned = [.. orders.Where(static one => one.Next is not null)];
        if (planned.Length > 0)
        {
            output.Gauge(
                "proxy_acme_next_order_seconds",
                "When a certificate is ordered next, as a renewal or as another try, seconds since 1970.");
        }

        foreach (AcmeOrderState one in planned)
        {
            output.Sample(one.Next!.Value.ToUnixTimeSeconds(), ("names", one.Names));
        }
    }
}
