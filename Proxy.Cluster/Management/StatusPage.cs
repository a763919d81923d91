using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Proxy.Cluster.Exporting;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Tls;
using Proxy.Edge.Topology;

namespace Proxy.Cluster.Management;

/// <summary>The node at a glance, as one HTML page without scripts and without anything to load: it refreshes itself
/// and fits a phone.</summary>
internal static class StatusPage
{
    private const string Style = """
        :root{color-scheme:light dark}
        body{font:15px/1.4 system-ui,sans-serif;margin:0 auto;max-width:70em;padding:1em}
        h1{font-size:1.4em;margin:.2em 0}h2{font-size:1.1em;margin:1.4em 0 .3em}
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;width:100%}
        th,td{text-align:left;padding:.3em .7em .3em 0;border-bottom:1px solid #8884;white-space:nowrap}
        td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
        td.why{white-space:normal;min-width:12em}
        .open{color:#1a7f37}.sticky-only{color:#9a6700}.closed{color:#cf222e}
        @media (prefers-color-scheme:dark){.open{color:#3fb950}.sticky-only{color:#d29922}.closed{color:#ff7b72}}
        .state{font-weight:600}.quiet{opacity:.7}
        """;

    /// <summary>Names the page's one style for the content security policy, which forbids all others.</summary>
    public static readonly string StyleHash =
        "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)));

    public static string Write(INodeStatus node, DateTimeOffset now)
    {
        var page = new StringBuilder(8 * 1024);
        bool isReady = node.IsReady(out string reason);
        string name = Text(node.NodeName);
        TimeSpan up = now - node.StartedAt;
        page.Append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
            .Append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
            .Append("<meta http-equiv=\"refresh\" content=\"5\">")
            .Append(CultureInfo.InvariantCulture, $"<title>{name}</title><style>{Style}</style></head><body>")
            .Append(CultureInfo.InvariantCulture, $"<h1>{name} <span class=\"state {(isReady ? "open" : "closed")}\">")
            .Append(isReady ? "ready" : $"not ready: {Text(reason)}")
            .Append("</span></h1><p class=\"quiet\">")
            .Append(CultureInfo.InvariantCulture, $"version {Text(node.Version)} · up {Duration(up)} · ")
            .Append(CultureInfo.InvariantCulture, $"revision {node.Snapshot.Revision} · ")
            .Append(CultureInfo.InvariantCulture, $"{node.Telemetry.Loops.Count} loops</p>");
        WriteListeners(page, node);
        WriteCertificates(page, node, now);
        foreach (PoolPlan pool in node.Snapshot.Pools)
        {
            WritePool(page, pool, node);
        }

        WriteRoutes(page, node);
        page.Append("<p class=\"quiet\">More: <a href=\"/api/pools\">pools</a>, <a href=\"/api/routes\">routes</a>, ")
            .Append("<a href=\"/api/listeners\">listeners</a>, <a href=\"/api/config\">configuration</a>, ")
            .Append("<a href=\"/metrics\">metrics</a></p></body></html>");
        return page.ToString();
    }

    private static void WriteListeners(StringBuilder page, INodeStatus node)
    {
        EdgeTelemetry telemetry = node.Telemetry;
        Open(page, "Listeners", "name", "bind", "#open", "#accepted", "#requests", "#in", "#out");
        foreach (ListenerPlan listener in node.Snapshot.Listeners)
        {
            string name = listener.Name;
            page.Append("<tr>");
            Cell(page, name);
            Cell(page, listener.Bind.ToString());
            Number(page, telemetry.SumListener(name, c => Volatile.Read(ref c.ConnectionsOpen)));
            Number(page, telemetry.SumListener(name, c => Volatile.Read(ref c.ConnectionsAccepted)));
            Number(page, telemetry.SumListener(name, c => Volatile.Read(ref c.Requests)));
            Bytes(page, telemetry.SumListener(name, c => Volatile.Read(ref c.BytesIn)));
            Bytes(page, telemetry.SumListener(name, c => Volatile.Read(ref c.BytesOut)));
            page.Append("</tr>");
        }

        Close(page);
    }

    private static void WriteCertificates(StringBuilder page, INodeStatus node, DateTimeOffset now)
    {
        ListenerPlan[] listeners = [.. node.Snapshot.Listeners.Where(static one => one.Tls is not null)];
        if (listeners.Length == 0)
        {
            return;
        }

        Open(page, "Certificates", "listener", "name", "hosts", "until", "#days left", "ocsp");
        foreach (ListenerPlan listener in listeners)
        {
            foreach (TlsCertificate one in listener.Tls!.Endpoint.Current.Certificates)
            {
                page.Append("<tr>");
                Cell(page, listener.Name);
                Cell(page, one.Name);
                page.Append("<td class=\"why\">").Append(Text(string.Join(", ", one.Hosts))).Append("</td>");
                Cell(page, one.NotAfter.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
                Number(page, (long)Math.Floor((one.NotAfter - now).TotalDays));
                Cell(page, one.OcspResponse is null ? "-" : "stapled");
                page.Append("</tr>");
            }
        }

        Close(page);
    }

    private static void WritePool(StringBuilder page, PoolPlan pool, INodeStatus node)
    {
        Open(
            page, $"Pool {pool.Name}",
            "member", "state", "#weight", "#in flight", "#idle", "#requests", "#5xx", "#failed", "why", "address");
        foreach (MemberPlan member in pool.Members)
        {
            MemberState state = member.State;
            Grant grant = state.Grant;
            string name = grant.State.Name();
            MemberHealth? health = node.Health(state.Id);
            page.Append("<tr>");
            Cell(page, state.Id.Name);
            page.Append(CultureInfo.InvariantCulture, $"<td class=\"state {name}\">{name}</td>");
            Number(page, grant.Weight);
            Number(page, state.InFlight);
            Number(page, state.Sum(c => Volatile.Read(ref c.IdleConnections)));
            Number(page, state.Sum(c => Volatile.Read(ref c.Requests)));
            Number(page, state.Sum(c => Volatile.Read(ref c.Status5xx)));
            Number(page, state.Sum(c => Volatile.Read(ref c.ConnectFailures) + Volatile.Read(ref c.ResponseFailures)));
            string why = health is null ? grant.Reason : $"{grant.Reason} ({health.Result})";
            page.Append(CultureInfo.InvariantCulture, $"<td class=\"why\">{Text(why)}</td>");
            Cell(page, state.Url);
            page.Append("</tr>");
        }

        Close(page);
    }

    private static void WriteRoutes(StringBuilder page, INodeStatus node)
    {
        EdgeTelemetry telemetry = node.Telemetry;
        Open(page, "Routes", "name", "to", "#requests", "#4xx", "#5xx", "#median", "#99 %");
        foreach (RoutePlan route in node.Snapshot.Routes)
        {
            string name = route.Name;
            LatencyHistogram latency = telemetry.RouteLatency(name);
            page.Append("<tr>");
            Cell(page, name);
            Cell(page, route.Pool?.Name ?? route.Redirect?.Location ?? $"answers {route.Response?.Status}");
            Number(page, telemetry.SumRoute(name, c => Volatile.Read(ref c.Requests)));
            Number(page, telemetry.SumRoute(name, c => Volatile.Read(ref c.Responses.Class4)));
            Number(page, telemetry.SumRoute(name, c => Volatile.Read(ref c.Responses.Class5)));
            Milliseconds(page, latency.Quantile(0.5));
            Milliseconds(page, latency.Quantile(0.99));
            page.Append("</tr>");
        }

        Close(page);
    }

    // A heading that begins with '#' stands above numbers.
    private static void Open(StringBuilder page, string title, params ReadOnlySpan<string> headings)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h2>{Text(title)}</h2><div class=\"scroll\"><table><tr>");
        foreach (string heading in headings)
        {
            bool isNumber = heading[0] == '#';
            page.Append(isNumber ? "<th class=\"n\">" : "<th>").Append(heading.TrimStart('#')).Append("</th>");
        }

        page.Append("</tr>");
    }

    private static void Close(StringBuilder page) => page.Append("</table></div>");

    private static void Cell(StringBuilder page, string text) =>
        page.Append("<td>").Append(Text(text)).Append("</td>");

    private static void Number(StringBuilder page, long value) =>
        page.Append(CultureInfo.InvariantCulture, $"<td class=\"n\">{value:N0}</td>");

    private static void Milliseconds(StringBuilder page, long microseconds) =>
        page.Append(CultureInfo.InvariantCulture, $"<td class=\"n\">{microseconds / 1e3:0.0} ms</td>");

    private static void Bytes(StringBuilder page, long bytes)
    {
        (double size, string unit) = bytes switch
        {
            < 1 << 10 => (bytes, "B"),
            < 1 << 20 => (bytes / 1024.0, "KB"),
            < 1 << 30 => (bytes / 1048576.0, "MB"),
            _ => (bytes / 1073741824.0, "GB"),
        };
        page.Append(CultureInfo.InvariantCulture, $"<td class=\"n\">{size:0.#} {unit}</td>");
    }

    private static string Duration(TimeSpan time) => time.TotalDays >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays} d {time.Hours} h")
        : string.Create(CultureInfo.InvariantCulture, $"{time.Hours} h {time.Minutes} min {time.Seconds} s");

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
