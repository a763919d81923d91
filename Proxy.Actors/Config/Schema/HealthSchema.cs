using static Proxy.Actors.Config.Schema.Spans;

namespace Proxy.Actors.Config.Schema;

/// <summary>Keys below proxy.pools.NAME.health.</summary>
internal static class HealthSchema
{
    private static readonly BlockSchema<ActiveHealthConfig> Active = new(new ActiveHealthConfig())
    {
        { "method", Kinds.Word("GET", "HEAD", "OPTIONS", "GRPC"), h => h.Method, (h, v) => h with { Method = v } },
        {
            "path", Kinds.Text("a path that starts with /, with or without a query"),
            h => h.Path, (h, v) => h with { Path = v }
        },
        { "host", Kinds.Text("host[:port]; \"\" = that of the member"), h => h.Host, (h, v) => h with { Host = v } },
        { "headers", RouteKinds.Texts, h => h.Headers, (h, v) => h with { Headers = v } },
        { "port", Kinds.Integer(0, 65535, "; 0 = the member's"), h => h.Port, (h, v) => h with { Port = v } },
        { "interval", Kinds.Duration(Tenth, Day), h => h.Interval, (h, v) => h with { Interval = v } },
        {
            "fast-interval", Kinds.Duration(Tenth, Day, AsInterval),
            h => h.FastInterval, (h, v) => h with { FastInterval = v }
        },
        {
            "down-interval", Kinds.Duration(Tenth, Day, AsInterval),
            h => h.DownInterval, (h, v) => h with { DownInterval = v }
        },
        { "timeout", Kinds.Duration(Millisecond, Hour), h => h.Timeout, (h, v) => h with { Timeout = v } },
        { "rise", Kinds.Integer(1, 1000), h => h.Rise, (h, v) => h with { Rise = v } },
        { "fall", Kinds.Integer(1, 1000), h => h.Fall, (h, v) => h with { Fall = v } },
        { "expect", MemberKinds.SomeStatuses, h => h.Expect, (h, v) => h with { Expect = v } },
        { "jitter", Kinds.Integer(0, 50), h => h.Jitter, (h, v) => h with { Jitter = v } },
    };

    private static readonly BlockSchema<PassiveHealthConfig> Passive = new(new PassiveHealthConfig())
    {
        { "failures", Kinds.Integer(0, 1_000_000, Off), h => h.Failures, (h, v) => h with { Failures = v } },
        { "window", Kinds.Duration(Tenth, Day), h => h.Window, (h, v) => h with { Window = v } },
        { "statuses", MemberKinds.Statuses, h => h.Statuses, (h, v) => h with { Statuses = v } },
        { "retry", Kinds.Duration(Tenth, Day), h => h.Retry, (h, v) => h with { Retry = v } },
    };

    public static readonly BlockSchema<HealthConfig> Block = new(new HealthConfig())
    {
        new OptionalBlockKey<HealthConfig, ActiveHealthConfig>(
            "active", Active, h => h.Active, (h, v) => h with { Active = v }),
        { "passive", Passive, h => h.Passive, (h, v) => h with { Passive = v } },
    };

    private const string AsInterval = "; 0 = as interval";

    // Checks in a tighter loop than this are load, not knowledge; Apache has the same floor.
    private static TimeSpan Tenth => TimeSpan.FromMilliseconds(100);
}
