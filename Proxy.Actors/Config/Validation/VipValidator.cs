using System.Net;
using System.Net.Sockets;
using System.Text;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Config.Validation;

/// <summary>Whether the virtual routers can work as they are written, each by itself and beside each other.</summary>
internal static class VipValidator
{
    private const int MaxInterfaceName = 15;

    public static void Check(ProxyConfig config, ProblemList problems)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var routers = new HashSet<(string, int, bool)>();
        for (int i = 0; i < config.Vips.Count; i++)
        {
            VipConfig vip = config.Vips[i];
            string path = config.Vips.Count == 1 ? "proxy.vip" : $"proxy.vip[{i}]";
            if (!names.Add(vip.Name))
            {
                problems.Error($"{path}.name", "another virtual router has this name", "each name once");
            }

            if (!routers.Add((vip.Interface, vip.RouterId, IsIpv6(vip))))
            {
                problems.Error(
                    $"{path}.router-id", "in use on this interface already", "a number of its own, 1 to 255");
            }

            CheckPlace(vip, path, problems);
            CheckAddresses(vip, path, problems);
            CheckVersion(vip, path, problems);
            CheckPlacement(config, vip, path, problems);
            foreach (string pool in vip.Track.Pools.Where(pool => config.Pools.All(known => known.Name != pool)))
            {
                problems.Error($"{path}.track.pools", $"no pool is named \"{pool}\"", "names of pools");
            }
        }

        CheckGroups(config, problems);
        if (config.Management.Enabled)
        {
            CheckBind(config, config.Management.Bind, "proxy.management.bind", problems);
        }

        for (int i = 0; i < config.Listeners.Count; i++)
        {
            CheckBind(config, config.Listeners[i].Bind, $"{Keys.Listener(i)}.bind", problems);
        }
    }

    /// <summary>The kernel binds only to addresses the node has now, unless it is told otherwise. And a socket of the
    /// address's own takes every packet for it, so a planned move could send none on to where its connection
    /// began.</summary>
    private static void CheckBind(ProxyConfig config, SocketTarget bind, string path, ProblemList problems)
    {
        if (bind.Ip is { } ip
            && config.Vips.FirstOrDefault(vip => vip.Addresses.Any(text => AddressOf(text)?.Equals(ip) is true))
                is { } owner)
        {
            string all = ip.AddressFamily == AddressFamily.InterNetworkV6 ? "[::]" : "0.0.0.0";
            problems.Warn(
                path,
                $"an address of virtual router \"{owner.Name}\": a node that does not hold it cannot listen there "
                    + "(but with ip_nonlocal_bind), and a planned move breaks connections",
                $"{all}:{bind.Port}, or another port for what must not be reached by other addresses");
        }
    }

    private static void CheckPlace(VipConfig vip, string path, ProblemList problems)
    {
        if (vip.Interface.Length is 0 or > MaxInterfaceName || vip.Interface.AsSpan().ContainsAny('/', ' '))
        {
            problems.Error($"{path}.interface", "no name of an interface", "the name of an interface, such as eth0");
        }

        if (vip.RouterId == 0)
        {
            problems.Error($"{path}.router-id", "missing", "1 to 255, the same on all nodes");
        }
    }

    private static void CheckAddresses(VipConfig vip, string path, ProblemList problems)
    {
        if (vip.Addresses.Count is 0 or > 255)
        {
            problems.Error($"{path}.addresses", "none, or more than 255", "[\"203.0.113.10/24\"]");
        }

        foreach (string text in vip.Addresses.Where(static text => Family(text, hasPrefix: true) is null))
        {
            problems.Error($"{path}.addresses", $"\"{text}\" is no address", "203.0.113.10/24 or 2001:db8::10/64");
        }

        foreach (string text in vip.UnicastPeers.Where(static text => Family(text, hasPrefix: false) is null))
        {
            problems.Error($"{path}.unicast-peers", $"\"{text}\" is no address", "addresses of the other nodes");
        }

        if (vip.Source.Length > 0 && Family(vip.Source, hasPrefix: false) is null)
        {
            problems.Error($"{path}.source", "not an address", "an address of this node");
        }

        var families = vip.Addresses.Select(static text => Family(text, hasPrefix: true))
            .Concat(vip.UnicastPeers.Select(static text => Family(text, hasPrefix: false)))
            .Append(vip.Source.Length > 0 ? Family(vip.Source, hasPrefix: false) : null)
            .Where(static family => family is not null).Distinct();
        if (families.Count() > 1)
        {
            problems.Error(
                $"{path}.addresses", "IPv4 and IPv6 together; a virtual router speaks one of them",
                "one virtual router for each, in the same sync-group");
        }
    }

    private static void CheckVersion(VipConfig vip, string path, ProblemList problems)
    {
        if (vip.Version == 2)
        {
            if (vip.Advert < TimeSpan.FromSeconds(1) || vip.Advert.Ticks % TimeSpan.TicksPerSecond != 0)
            {
                problems.Error($"{path}.advert", "version 2 knows whole seconds only", "1s to 255s");
            }

            if (IsIpv6(vip))
            {
                problems.Error($"{path}.version", "version 2 knows IPv4 only", "3");
            }

            if (Encoding.UTF8.GetByteCount(vip.Auth) > 8)
            {
                problems.Error($"{path}.auth", "longer than 8 bytes, which is all that is sent", "1 to 8 characters");
            }

            return;
        }

        if (vip.Advert > TimeSpan.FromSeconds(40.95) || vip.Advert.Ticks % (TimeSpan.TicksPerMillisecond * 10) != 0)
        {
            problems.Error($"{path}.advert", "version 3 wants steps of 10 ms", "10ms to 40950ms");
        }

        if (vip.Auth.Length > 0)
        {
            problems.Error($"{path}.auth", "version 3 has no password", "no auth, or version = 2");
        }
    }

    private static void CheckPlacement(ProxyConfig config, VipConfig vip, string path, ProblemList problems)
    {
        if (vip.Priority != 0)
        {
            if (vip.Pin.Length > 0)
            {
                problems.Error($"{path}.pin", "only has a meaning with priority = auto", "no pin");
            }

            return;
        }

        if (config.VipPlacement.Nodes.Count == 0)
        {
            if (config.Cluster.Engine == ClusterEngine.Embedded)
            {
                problems.Error(
                    $"{path}.priority", "auto needs the nodes to place it on, or an engine that knows them",
                    "vip-placement { nodes { edge-1 { }, edge-2 { } } }");
            }
        }
        else if (vip.Pin.Length > 0 && config.VipPlacement.Nodes.All(node => node.Name != vip.Pin))
        {
            problems.Error($"{path}.pin", "not among vip-placement.nodes", "the name of a node");
        }
    }

    private static void CheckGroups(ProxyConfig config, ProblemList problems)
    {
        foreach (IGrouping<string, VipConfig> group in config.Vips.Where(static vip => vip.SyncGroup.Length > 0)
            .GroupBy(static vip => vip.SyncGroup))
        {
            var kinds = group.Select(static vip => (vip.Priority, vip.Preempt, vip.PreemptDelay, vip.Pin));
            if (kinds.Distinct().Count() > 1)
            {
                problems.Error(
                    "proxy.vip", $"the members of sync-group \"{group.Key}\" differ in priority, preempt or pin",
                    "the same for all of them");
            }
        }
    }

    private static bool IsIpv6(VipConfig vip) =>
        vip.Addresses.Count > 0 && Family(vip.Addresses[0], hasPrefix: true) == AddressFamily.InterNetworkV6;

    private static IPAddress? AddressOf(string text) =>
        IPAddress.TryParse(text.Split('/')[0], out IPAddress? address) ? address : null;

    private static AddressFamily? Family(string text, bool hasPrefix)
    {
        string[] parts = text.Split('/');
        if (parts.Length > (hasPrefix ? 2 : 1) || !IPAddress.TryParse(parts[0], out IPAddress? address))
        {
            return null;
        }

        int most = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        return parts.Length == 1 || (byte.TryParse(parts[1], out byte prefix) && prefix >= 1 && prefix <= most)
            ? address.AddressFamily
            : null;
    }
}
