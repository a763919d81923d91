using Proxy.Edge.Http1;
using Proxy.Edge.Http2;
using Proxy.Edge.Routing;
using Proxy.Edge.Snapshot;
using static Proxy.Actors.Config.Schema.Spans;

namespace Proxy.Actors.Config.Schema;

/// <summary>Keys of one entry of proxy.listeners.</summary>
internal static class ListenerSchema
{
    private const string NotYet = "not available yet in this version";

    private static readonly ScalarKind<ClientProtocols> Protocol = Kinds.Choice(
        ("http/1.1", ClientProtocols.Http1), ("h2", ClientProtocols.Http2), ("h2c", ClientProtocols.Http2Cleartext));

    private static readonly BlockSchema<Http1Limits> Limits = new(new Http1Limits())
    {
        {
            "head", Kinds.SmallSize(1024, Http1Limits.MostHeadBytes),
            l => l.HeadBytes, (l, v) => l with { HeadBytes = v }
        },
        {
            "target", Kinds.SmallSize(256, Http1Limits.MostHeadBytes),
            l => l.TargetBytes, (l, v) => l with { TargetBytes = v }
        },
        { "fields", Kinds.Integer(1, Http1Limits.MostFields), l => l.Fields, (l, v) => l with { Fields = v } },
        { "trailers", Kinds.SmallSize(0, 1 << 20), l => l.TrailerBytes, (l, v) => l with { TrailerBytes = v } },
        {
            "chunk-extensions", Kinds.SmallSize(0, 64 << 10),
            l => l.ChunkExtensionBytes, (l, v) => l with { ChunkExtensionBytes = v }
        },
    };

    private static readonly BlockSchema<Http2Limits> Http2 = new(new Http2Limits())
    {
        { "max-streams", Kinds.Integer(1, 10_000), h => h.MaxStreams, (h, v) => h with { MaxStreams = v } },
        {
            "stream-window", Kinds.SmallSize(65535, 16 << 20),
            h => h.StreamWindow, (h, v) => h with { StreamWindow = v }
        },
        {
            "connection-window", Kinds.SmallSize(65536, 64 << 20),
            h => h.ConnectionWindow, (h, v) => h with { ConnectionWindow = v }
        },
        {
            "max-unsent", Kinds.SmallSize(64 << 10, 1 << 30),
            h => h.MaxUnsent, (h, v) => h with { MaxUnsent = v }
        },
        { "head", Kinds.SmallSize(1024, 64 << 10), h => h.HeadBytes, (h, v) => h with { HeadBytes = v } },
        { "fields", Kinds.Integer(1, Http1Limits.MostFields), h => h.Fields, (h, v) => h with { Fields = v } },
        { "table", Kinds.SmallSize(0, 64 << 10), h => h.TableBytes, (h, v) => h with { TableBytes = v } },
        {
            "max-idle-frames", Kinds.Integer(10, 1_000_000),
            h => h.MaxIdleFrames, (h, v) => h with { MaxIdleFrames = v }
        },
        { "max-resets", Kinds.Integer(1, 1_000_000), h => h.MaxResets, (h, v) => h with { MaxResets = v } },
        { "flood-window", Kinds.Duration(Second, Hour), h => h.FloodWindow, (h, v) => h with { FloodWindow = v } },
        {
            "ping-interval", Kinds.Duration(Second, Day, Off),
            h => h.PingInterval, (h, v) => h with { PingInterval = v }
        },
        { "ping-timeout", Kinds.Duration(Second, Hour), h => h.PingTimeout, (h, v) => h with { PingTimeout = v } },
    };

    private static readonly BlockSchema<ClientTimeouts> Timeouts = new(new ClientTimeouts())
    {
        { "head", Kinds.Duration(Millisecond, Hour, Off), t => t.Head, (t, v) => t with { Head = v } },
        { "keep-alive", Kinds.Duration(Millisecond, Day, Off), t => t.KeepAlive, (t, v) => t with { KeepAlive = v } },
        { "body-idle", Kinds.Duration(Millisecond, Day, Off), t => t.BodyIdle, (t, v) => t with { BodyIdle = v } },
        { "write-idle", Kinds.Duration(Millisecond, Day, Off), t => t.WriteIdle, (t, v) => t with { WriteIdle = v } },
        {
            "half-closed", Kinds.Duration(Millisecond, Hour, Off), t => t.HalfClosed,
            (t, v) => t with { HalfClosed = v }
        },
        {
            "tunnel-idle", Kinds.Duration(Millisecond, Year, Off),
            t => t.TunnelIdle, (t, v) => t with { TunnelIdle = v }
        },
        { "min-rate", Kinds.SmallSize(1, 1 << 30, Off), t => t.MinRate, (t, v) => t with { MinRate = v } },
        { "rate-grace", Kinds.Duration(Second, Hour), t => t.RateGrace, (t, v) => t with { RateGrace = v } },
    };

    private static readonly BlockSchema<ForwardingConfig> Forwarding = new(new ForwardingConfig())
    {
        { "trusted", AddressKinds.Ranges, f => f.Trusted, (f, v) => f with { Trusted = v } },
        { "x-forwarded-for", Kinds.Flag, f => f.XForwardedFor, (f, v) => f with { XForwardedFor = v } },
        { "x-forwarded-proto", Kinds.Flag, f => f.XForwardedProto, (f, v) => f with { XForwardedProto = v } },
        { "x-forwarded-host", Kinds.Flag, f => f.XForwardedHost, (f, v) => f with { XForwardedHost = v } },
        { "x-forwarded-port", Kinds.Flag, f => f.XForwardedPort, (f, v) => f with { XForwardedPort = v } },
        { "x-real-ip", Kinds.Flag, f => f.XRealIp, (f, v) => f with { XRealIp = v } },
        { "forwarded", Kinds.Flag, f => f.Forwarded, (f, v) => f with { Forwarded = v } },
        { "via", Kinds.Text("a pseudonym, or \"\" for no Via"), f => f.Via, (f, v) => f with { Via = v } },
        { "request-id", Kinds.Flag, f => f.RequestId, (f, v) => f with { RequestId = v } },
    };

    private static readonly BlockSchema<PathPolicy> Path = new(new PathPolicy())
    {
        {
            "encoded-slash",
            Kinds.Choice(
                ("reject", EncodedSlashPolicy.Reject), ("keep", EncodedSlashPolicy.Keep),
                ("decode", EncodedSlashPolicy.Decode)),
            p => p.EncodedSlash, (p, v) => p with { EncodedSlash = v }
        },
        { "merge-slashes", Kinds.Flag, p => p.MergeSlashes, (p, v) => p with { MergeSlashes = v } },
        { "ignore-parameters", Kinds.Flag, p => p.IgnorePathParameters, (p, v) => p with { IgnorePathParameters = v } },
        { "forward-raw", Kinds.Flag, p => p.ForwardRaw, (p, v) => p with { ForwardRaw = v } },
    };

    private static readonly BlockSchema<AccessLogConfig> AccessLog = new(new AccessLogConfig())
    {
        { "enabled", Kinds.Flag, a => a.Enabled, (a, v) => a with { Enabled = v } },
        {
            "format", Kinds.Text("combined, common, json, or a template"),
            a => a.Format, (a, v) => a with { Format = v }
        },
        { "path", Kinds.Text("a file, or \"-\" for standard output"), a => a.Path, (a, v) => a with { Path = v } },
        {
            "rotate-size", Kinds.Size(64 << 10, 1L << 40, "; 0 = only on signal"),
            a => a.RotateSize, (a, v) => a with { RotateSize = v }
        },
        { "keep", Kinds.Integer(0, 10_000), a => a.Keep, (a, v) => a with { Keep = v } },
    };

    public static readonly BlockSchema<ListenerConfig> Block = new(new ListenerConfig())
    {
        { "name", Kinds.Text("a unique name; \"\" = listener-N"), l => l.Name, (l, v) => l with { Name = v } },
        { "bind", AddressKinds.Bind, l => l.Bind, (l, v) => l with { Bind = v }, KeyTrait.Required },
        { "mode", NotYetKind.Word("http", "tcp"), l => l.Mode, (l, v) => l with { Mode = v } },
        {
            "protocols", new ListKind<ClientProtocols>(Protocol),
            l => l.Protocols, (l, v) => l with { Protocols = v }
        },
        new OptionalBlockKey<ListenerConfig, ListenerTlsConfig>(
            "tls", ListenerTlsSchema.Block, l => l.Tls, (l, v) => l with { Tls = v }),
        new ReservedKey<ListenerConfig>("pool", $"mode = tcp is {NotYet}", "routes that name the pool"),
        { "http2", Http2, l => l.Http2, (l, v) => l with { Http2 = v } },
        {
            "redirect-to-https", Kinds.Integer(0, 65535, "; 0 = do not; else the port of the https listener"),
            l => l.RedirectToHttps, (l, v) => l with { RedirectToHttps = v }
        },
        {
            "max-connections", Kinds.Integer(1, 10_000_000),
            l => l.MaxConnections, (l, v) => l with { MaxConnections = v }
        },
        { "backlog", Kinds.Integer(1, 1_000_000), l => l.Backlog, (l, v) => l with { Backlog = v } },
        {
            "max-requests-per-connection", Kinds.Integer(0, int.MaxValue, NoLimit),
            l => l.MaxRequestsPerConnection, (l, v) => l with { MaxRequestsPerConnection = v }
        },
        { "limits", Limits, l => l.Limits, (l, v) => l with { Limits = v } },
        { "timeouts", Timeouts, l => l.Timeouts, (l, v) => l with { Timeouts = v } },
        { "forwarding", Forwarding, l => l.Forwarding, (l, v) => l with { Forwarding = v } },
        { "path", Path, l => l.Path, (l, v) => l with { Path = v } },
        { "access-log", AccessLog, l => l.AccessLog, (l, v) => l with { AccessLog = v } },
    };
}
