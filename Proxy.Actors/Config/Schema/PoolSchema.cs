using Proxy.Edge.Balancing;
using Proxy.Edge.Snapshot;
using static Proxy.Actors.Config.Schema.Spans;

namespace Proxy.Actors.Config.Schema;

/// <summary>Keys below proxy.pools.NAME, except those of members and health.</summary>
internal static class PoolSchema
{
    private static readonly BlockSchema<RetryPlan> Retry = new(new RetryPlan())
    {
        { "attempts", Kinds.Integer(0, 100, "; 0 = none"), r => r.Attempts, (r, v) => r with { Attempts = v } },
        { "non-idempotent", Kinds.Flag, r => r.NonIdempotent, (r, v) => r with { NonIdempotent = v } },
        { "buffer", Kinds.SmallSize(0, 1 << 20), r => r.BufferBytes, (r, v) => r with { BufferBytes = v } },
    };

    private static readonly BlockSchema<OriginTimeouts> Timeouts = new(new OriginTimeouts())
    {
        { "connect", Kinds.Duration(Millisecond, Hour, Off), t => t.Connect, (t, v) => t with { Connect = v } },
        { "response", Kinds.Duration(Millisecond, Day, Off), t => t.Response, (t, v) => t with { Response = v } },
        { "body-idle", Kinds.Duration(Millisecond, Day, Off), t => t.BodyIdle, (t, v) => t with { BodyIdle = v } },
        { "write-idle", Kinds.Duration(Millisecond, Day, Off), t => t.WriteIdle, (t, v) => t with { WriteIdle = v } },
        { "min-rate", Kinds.SmallSize(1, 1 << 30, Off), t => t.MinRate, (t, v) => t with { MinRate = v } },
        { "rate-grace", Kinds.Duration(Second, Hour), t => t.RateGrace, (t, v) => t with { RateGrace = v } },
        {
            "queue", Kinds.Duration(Millisecond, Hour, "; 0 = do not wait"),
            t => t.Queue, (t, v) => t with { Queue = v }
        },
    };

    private static readonly BlockSchema<ReusePlan> Reuse = new(new ReusePlan())
    {
        { "enabled", Kinds.Flag, r => r.Enabled, (r, v) => r with { Enabled = v } },
        { "max-idle", Kinds.Integer(0, 1_000_000), r => r.MaxIdle, (r, v) => r with { MaxIdle = v } },
        { "idle-timeout", Kinds.Duration(Millisecond, Day), r => r.IdleTimeout, (r, v) => r with { IdleTimeout = v } },
        {
            "max-requests", Kinds.Integer(0, int.MaxValue, NoLimit),
            r => r.MaxRequests, (r, v) => r with { MaxRequests = v }
        },
        { "max-streams", Kinds.Integer(1, 10_000), r => r.MaxStreams, (r, v) => r with { MaxStreams = v } },
    };

    private static readonly BlockSchema<ResolveConfig> Resolve = new(new ResolveConfig())
    {
        { "interval", Kinds.Duration(Second, Day), r => r.Interval, (r, v) => r with { Interval = v } },
    };

    public static readonly BlockSchema<PoolConfig> Block = new(new PoolConfig())
    {
        { "balance", Kinds.Word([.. BalancerCatalog.Names]), p => p.Balance, (p, v) => p with { Balance = v } },
        new BlockListKey<PoolConfig, MemberConfig>(
            "members", MemberSchema.Block, p => p.Members, (p, v) => p with { Members = v }, m => m.Name, (m, _) => m),
        { "health", HealthSchema.Block, p => p.Health, (p, v) => p with { Health = v } },
        { "slow-start", Kinds.Duration(Millisecond, Day, Off), p => p.SlowStart, (p, v) => p with { SlowStart = v } },
        {
            "initial-state", Kinds.Choice(("up", InitialState.Up), ("down", InitialState.Down)),
            p => p.InitialState, (p, v) => p with { InitialState = v }
        },
        { "affinity", AffinitySchema.Block, p => p.Affinity, (p, v) => p with { Affinity = v } },
        { "retry", Retry, p => p.Retry, (p, v) => p with { Retry = v } },
        { "timeouts", Timeouts, p => p.Timeouts, (p, v) => p with { Timeouts = v } },
        { "reuse", Reuse, p => p.Reuse, (p, v) => p with { Reuse = v } },
        {
            "protocol",
            Kinds.Choice(
                ("http/1.1", OriginProtocol.Http1), ("h2", OriginProtocol.Http2), ("auto", OriginProtocol.Auto)),
            p => p.Protocol, (p, v) => p with { Protocol = v }
        },
        { "tls", OriginTlsSchema.Block, p => p.Tls, (p, v) => p with { Tls = v } },
        { "resolve", Resolve, p => p.Resolve, (p, v) => p with { Resolve = v } },
    };
}
