using Proxy.Actors.Config;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Routing;
using Proxy.Edge.Snapshot;

namespace Proxy.Actors.Planning;

/// <summary>Compiles a listener and its route table.</summary>
internal static class ListenerPlanner
{
    /// <param name="routes">Routes that apply to this listener, in order.</param>
    /// <param name="previous">Plan of the listener of that name in the running revision; its table is kept when the
    /// routes match the same requests, because building one compiles expressions.</param>
    public static ListenerPlan Plan(
        ListenerConfig listener, RoutePlan[] routes, ListenerPlan? previous, LiveRegistry live)
    {
        RouteMatch[] rules = [.. routes.Select(route => route.Match)];
        bool sameRules = previous is not null &&
            rules.SequenceEqual(previous.Routes.Rules, ReferenceEqualityComparer.Instance);
        return new ListenerPlan
        {
            Name = listener.Name,
            Bind = listener.Bind,
            MaxConnections = listener.MaxConnections,
            Backlog = listener.Backlog,
            Limits = listener.Limits,
            Timeouts = listener.Timeouts,
            Forwarding = PlanForwarding(listener.Forwarding),
            PathPolicy = listener.Path,
            AccessLog = PlanAccessLog(listener.AccessLog),
            MaxRequestsPerConnection = listener.MaxRequestsPerConnection,
            Protocols = listener.Protocols.Aggregate(ClientProtocols.None, static (all, one) => all | one),
            Http2 = listener.Http2,
            RedirectToHttpsPort = listener.RedirectToHttps,
            Tls = listener.Tls is { } tls ? PlanTls(listener, tls, live) : null,
            Routes = sameRules ? previous!.Routes : new RouteTable(rules), // sameRules says there is one
            RoutePlans = routes,
        };
    }

    private static ListenerTlsPlan PlanTls(ListenerConfig listener, ListenerTlsConfig tls, LiveRegistry live) => new()
    {
        Endpoint = live.Tls.Endpoint(listener),
        HandshakeTimeout = tls.HandshakeTimeout,
        EarlyData = tls.EarlyData,
        MaxHandshakes = tls.MaxHandshakes,
        StrictTransportSecurity = tls.Hsts.Value,
        ClientCertField = tls.ClientCertField,
        ClientCertChainField = tls.ClientCertChainField,
    };

    private static ForwardingRule PlanForwarding(ForwardingConfig forwarding) => new()
    {
        Trusted = forwarding.Trusted,
        XForwardedFor = forwarding.XForwardedFor,
        XForwardedProto = forwarding.XForwardedProto,
        XForwardedHost = forwarding.XForwardedHost,
        XForwardedPort = forwarding.XForwardedPort,
        XRealIp = forwarding.XRealIp,
        Forwarded = forwarding.Forwarded,
        Via = forwarding.Via,
        RequestId = forwarding.RequestId,
    };

    private static AccessLogPlan? PlanAccessLog(AccessLogConfig log) =>
        log.Enabled ? new AccessLogPlan(log.Format, log.Path, log.RotateSize, log.Keep) : null;
}
