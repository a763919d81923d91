using System.Globalization;
using Proxy.Actors.Hocon;
using static Proxy.Actors.Config.Schema.Spans;

namespace Proxy.Actors.Config.Schema;

/// <summary>Keys of the blocks vip, vip-guard and vip-placement. Words of keepalived that mean the same are taken
/// too.</summary>
internal static class VipSchema
{
    private const string Argv = "a program and its arguments, [\"/path/program\", \"argument\"]; [] = none";

    private static readonly BlockSchema<VipCheckConfig> Check = new(new VipCheckConfig())
    {
        { "command", Kinds.Texts(Argv), c => c.Command, (c, v) => c with { Command = v } },
        {
            "interval", Kinds.Duration(TimeSpan.FromMilliseconds(10), Hour),
            c => c.Interval, (c, v) => c with { Interval = v }
        },
        { "timeout", Kinds.Duration(Millisecond, Hour), c => c.Timeout, (c, v) => c with { Timeout = v } },
        { "rise", Kinds.Integer(1, 1000), c => c.Rise, (c, v) => c with { Rise = v } },
        { "fall", Kinds.Integer(1, 1000), c => c.Fall, (c, v) => c with { Fall = v } },
        { "weight", Kinds.Integer(-253, 253), c => c.Weight, (c, v) => c with { Weight = v } },
    };

    private static readonly BlockSchema<VipTrackConfig> Track = new(new VipTrackConfig())
    {
        { "ready", Kinds.Flag, t => t.Ready, (t, v) => t with { Ready = v } },
        { "pools", Kinds.Texts("the name of a pool"), t => t.Pools, (t, v) => t with { Pools = v } },
        {
            "interfaces", Kinds.Texts("the name of an interface"),
            t => t.Interfaces, (t, v) => t with { Interfaces = v }
        },
        { "majority", Kinds.Flag, t => t.Majority, (t, v) => t with { Majority = v } },
        { "check", Check, t => t.Check, (t, v) => t with { Check = v } },
    };

    private static readonly BlockSchema<VipNotifyConfig> Notify = new(new VipNotifyConfig())
    {
        { "command", Kinds.Texts(Argv), n => n.Command, (n, v) => n with { Command = v } },
        { "timeout", Kinds.Duration(Millisecond, Hour), n => n.Timeout, (n, v) => n with { Timeout = v } },
    };

    private static readonly ListKind<string> Addresses = Kinds.Texts("an address such as 203.0.113.10/24");

    private static readonly ScalarKind<TimeSpan> Seconds = new(
        "a number of seconds",
        scalar => double.TryParse(
            scalar.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds)
            && seconds <= 4096
                ? TimeSpan.FromSeconds(seconds)
                : Parsed.Wrong<TimeSpan>("not a number of seconds"),
        DurationText.Of);

    public static readonly BlockSchema<VipConfig> Block = new(new VipConfig())
    {
        { "name", Kinds.Text("a name"), v => v.Name, (v, t) => v with { Name = t } },
        {
            "interface", Kinds.Text("the name of an interface"),
            v => v.Interface, (v, t) => v with { Interface = t }, KeyTrait.Required
        },
        {
            "addresses", new UnsetKind<ConfigList<string>>(Addresses, []),
            v => v.Addresses, (v, t) => v with { Addresses = t }
        },
        {
            "router-id", new UnsetKind<int>(Kinds.Integer(1, 255), 0),
            v => v.RouterId, (v, t) => v with { RouterId = t }
        },
        {
            "priority", new ScalarKind<int>(
                "auto (by vip-placement) or an integer from 1 to 255",
                scalar => scalar.Text == "auto" ? 0
                    : scalar.TryInt(out int priority) && priority is >= 1 and <= 255 ? priority
                    : Parsed.Wrong<int>("not a priority"),
                value => value == 0 ? "auto" : value.ToString(CultureInfo.InvariantCulture)),
            v => v.Priority, (v, t) => v with { Priority = t }
        },
        {
            "advert", Kinds.Duration(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(255)),
            v => v.Advert, (v, t) => v with { Advert = t }
        },
        { "version", Kinds.Integer(2, 3), v => v.Version, (v, t) => v with { Version = t } },
        { "preempt", Kinds.Flag, v => v.Preempt, (v, t) => v with { Preempt = t } },
        {
            "preempt-delay", Kinds.Duration(TimeSpan.Zero, TimeSpan.FromSeconds(1000)),
            v => v.PreemptDelay, (v, t) => v with { PreemptDelay = t }
        },
        {
            "auth", Kinds.Text("a password of at most 8 characters; \"\" = none"),
            v => v.Auth, (v, t) => v with { Auth = t }, KeyTrait.Secret
        },
        {
            "source", Kinds.Text("an address; \"\" = the interface's own"),
            v => v.Source, (v, t) => v with { Source = t }
        },
        { "unicast-peers", Kinds.Texts("an address"), v => v.UnicastPeers, (v, t) => v with { UnicastPeers = t } },
        { "virtual-mac", Kinds.Flag, v => v.VirtualMac, (v, t) => v with { VirtualMac = t } },
        {
            "checksum", Kinds.Choice(("pseudo-header", VipChecksum.PseudoHeader), ("message", VipChecksum.Message)),
            v => v.Checksum, (v, t) => v with { Checksum = t }
        },
        {
            "sync-group", Kinds.Text("a name; \"\" = alone"),
            v => v.SyncGroup, (v, t) => v with { SyncGroup = t }
        },
        {
            "resign-hold", Kinds.Duration(TimeSpan.Zero, Hour),
            v => v.ResignHold, (v, t) => v with { ResignHold = t }
        },
        { "pin", Kinds.Text("the name of a node; \"\" = any"), v => v.Pin, (v, t) => v with { Pin = t } },
        { "track", Track, v => v.Track, (v, t) => v with { Track = t } },
        { "notify", Notify, v => v.Notify, (v, t) => v with { Notify = t } },

        // keepalived's words.
        new AliasKey<VipConfig, int>("virtual_router_id", Kinds.Integer(1, 255), (v, t) => v with { RouterId = t }),
        new AliasKey<VipConfig, TimeSpan>("advert_int", Seconds, (v, t) => v with { Advert = t }),
        new AliasKey<VipConfig, bool>("nopreempt", Kinds.Flag, (v, t) => v with { Preempt = !t }),
        new AliasKey<VipConfig, TimeSpan>("preempt_delay", Seconds, (v, t) => v with { PreemptDelay = t }),
        new AliasKey<VipConfig, ConfigList<string>>(
            "virtual_ipaddress", Addresses, (v, t) => v with { Addresses = t }),
        new AliasKey<VipConfig, string>(
            "auth_pass", Kinds.Text("a password"), (v, t) => v with { Auth = t }, KeyTrait.Secret),
        new AliasKey<VipConfig, ConfigList<string>>(
            "unicast_peer", Kinds.Texts("an address"), (v, t) => v with { UnicastPeers = t }),
        new AliasKey<VipConfig, string>("unicast_src_ip", Kinds.Text("an address"), (v, t) => v with { Source = t }),
        new AliasKey<VipConfig, bool>("use_vmac", Kinds.Flag, (v, t) => v with { VirtualMac = t }),
        new AliasKey<VipConfig, ConfigList<string>>(
            "track_interface", Kinds.Texts("the name of an interface"),
            (v, t) => v with { Track = v.Track with { Interfaces = t } }),
    };

    public static readonly BlockSchema<VipGuardConfig> Guard = new(new VipGuardConfig())
    {
        {
            "hang-after", Kinds.Duration(TimeSpan.FromMilliseconds(30), Hour, "; 0 = never"),
            g => g.HangAfter, (g, v) => g with { HangAfter = v }
        },
        {
            "socket", Kinds.Text("a path; \"\" = vip-guard.sock in node.state-dir"),
            g => g.SocketPath, (g, v) => g with { SocketPath = v }
        },
        {
            "keep-over-restart", Kinds.Duration(TimeSpan.Zero, Hour),
            g => g.KeepOverRestart, (g, v) => g with { KeepOverRestart = v }
        },
    };

    private static readonly BlockSchema<VipNodeConfig> Node = new(new VipNodeConfig())
    {
        { "weight", Kinds.Integer(0, 10_000), n => n.Weight, (n, v) => n with { Weight = v } },
    };

    public static readonly BlockSchema<VipPlacementConfig> Placement = new(new VipPlacementConfig())
    {
        new BlockMapKey<VipPlacementConfig, VipNodeConfig>(
            "nodes", Node, p => p.Nodes, (p, v) => p with { Nodes = v },
            n => n.Name, (n, name) => n with { Name = name }),
        {
            "rebalance-after", Kinds.Duration(TimeSpan.Zero, TimeSpan.FromSeconds(1000)),
            p => p.RebalanceAfter, (p, v) => p with { RebalanceAfter = v }
        },
        {
            "forget-after", Kinds.Duration(TimeSpan.FromMinutes(1), TimeSpan.FromDays(365)),
            p => p.ForgetAfter, (p, v) => p with { ForgetAfter = v }
        },
    };
}
