using static Proxy.Actors.Config.Schema.Spans;

namespace Proxy.Actors.Config.Schema;

/// <summary>Keys of the block "proxy" and of its small blocks; the tree of all keys starts here.</summary>
internal static class ProxySchema
{
    public const string Root = "proxy";

    private static readonly BlockSchema<NodeConfig> Node = new(new NodeConfig())
    {
        { "name", Kinds.Text("a name; \"\" = the machine's"), n => n.Name, (n, v) => n with { Name = v } },
        { "state-dir", Kinds.Text("a directory"), n => n.StateDir, (n, v) => n with { StateDir = v } },
        { "workers", WorkersKind.Workers, n => n.Workers, (n, v) => n with { Workers = v } },
        {
            "max-buffer-memory", Kinds.Size(1 << 20, 1L << 44, "; 0 = a quarter of the memory"),
            n => n.MaxBufferMemory, (n, v) => n with { MaxBufferMemory = v }
        },
        {
            "max-sessions", Kinds.Integer(1024, 100_000_000), n => n.MaxSessions, (n, v) => n with { MaxSessions = v }
        },
        {
            "drain-timeout", Kinds.Duration(TimeSpan.Zero, Day, "; 0 = stop at once"),
            n => n.DrainTimeout, (n, v) => n with { DrainTimeout = v }
        },
        {
            "drain-grace", Kinds.Duration(TimeSpan.Zero, Day, "; 0 = stop accepting at once"),
            n => n.DrainGrace, (n, v) => n with { DrainGrace = v }
        },
        {
            "ticket-rotation", Kinds.Duration(TimeSpan.FromMinutes(1), TimeSpan.FromDays(7)),
            n => n.TicketRotation, (n, v) => n with { TicketRotation = v }
        },
    };

    public static readonly BlockSchema<ProxyConfig> Block = new(new ProxyConfig())
    {
        { "node", Node, p => p.Node, (p, v) => p with { Node = v } },
        new BlockListKey<ProxyConfig, ListenerConfig>(
            "listeners", ListenerSchema.Block, p => p.Listeners, (p, v) => p with { Listeners = v },
            l => l.Name, (l, i) => l.Name.Length > 0 ? l : l with { Name = $"listener-{i + 1}" }),
        new BlockListKey<ProxyConfig, RouteConfig>(
            "routes", RouteSchema.Block, p => p.Routes, (p, v) => p with { Routes = v },
            r => r.Name, (r, i) => r.Name.Length > 0 ? r : r with { Name = $"route-{i + 1}" }),
        new BlockMapKey<ProxyConfig, PoolConfig>(
            "pools", PoolSchema.Block, p => p.Pools, (p, v) => p with { Pools = v },
            p => p.Name, (p, name) => p with { Name = name }),
        new OptionalBlockKey<ProxyConfig, AcmeConfig>(
            "acme", AcmeSchema.Block, p => p.Acme, (p, v) => p with { Acme = v }),
        { "management", ManagementSchema.Block, p => p.Management, (p, v) => p with { Management = v } },
        { "cluster", ClusterSchema.Block, p => p.Cluster, (p, v) => p with { Cluster = v } },
        new OneOrListKey<ProxyConfig, VipConfig>(
            "vip", VipSchema.Block, p => p.Vips, (p, v) => p with { Vips = v },
            v => v.Name, (v, i) => v.Name.Length > 0 ? v : v with { Name = $"vip-{i + 1}" }),
        { "vip-guard", VipSchema.Guard, p => p.VipGuard, (p, v) => p with { VipGuard = v } },
        { "vip-placement", VipSchema.Placement, p => p.VipPlacement, (p, v) => p with { VipPlacement = v } },
    };
}
