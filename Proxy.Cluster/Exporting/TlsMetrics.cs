using Proxy.Edge.Http2;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Tls;

namespace Proxy.Cluster.Exporting;

/// <summary>Metrics of handshakes, certificates and HTTP/2 connections.</summary>
internal static class TlsMetrics
{
    public static void Write(ExpositionWriter output, NodeMetrics node)
    {
        EdgeTelemetry telemetry = node.Telemetry;
        output.Counter("proxy_tls_handshakes_total", "Handshakes with clients that succeeded, by kind.");
        long resumed = telemetry.Sum(static loop => Volatile.Read(ref loop.Counters.TlsResumed));
        long all = telemetry.Sum(static loop => Volatile.Read(ref loop.Counters.TlsHandshakes));
        output.Sample(Math.Max(0, all - resumed), ("kind", "full"));
        output.Sample(resumed, ("kind", "resumed"));
        output.Counter("proxy_tls_handshake_failures_total", "Handshakes with clients that failed, by reason.");
        foreach (TlsFailure failure in Enum.GetValues<TlsFailure>().Where(static one => one != TlsFailure.None))
        {
            output.Sample(telemetry.Sum(loop => loop.TlsFailures(failure)), ("reason", Word(failure.ToString())));
        }

        output.Counter("proxy_http2_connection_errors_total", "HTTP/2 connections of clients ended by us, by error.");
        foreach (Http2Error error in Enum.GetValues<Http2Error>())
        {
            output.Sample(telemetry.Sum(loop => loop.Http2Errors(error)), ("error", Word(error.ToString())));
        }

        ListenerPlan[] listeners = [.. node.Snapshot.Listeners.Where(static one => one.Tls is not null)];
        if (listeners.Length > 0)
        {
            output.Gauge("proxy_tls_certificate_not_after_seconds", "When a certificate expires, seconds since 1970.");
        }

        foreach (ListenerPlan listener in listeners)
        {
            foreach (TlsCertificate one in listener.Tls!.Endpoint.Current.Certificates.DistinctBy(static c => c.Name))
            {
                output.Sample(
                    one.NotAfter.ToUnixTimeSeconds(), ("listener", listener.Name), ("certificate", one.Name));
            }
        }
    }

    /// <summary>"UnknownName" → "unknown_name".</summary>
    private static string Word(string name) => string.Concat(name.Select(static (c, i) =>
        char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
