using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Proxy.Actors.Config;
using Proxy.Cluster.Vrrp.Guard;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>A virtual router as the operator wants it and as the guard is told.</summary>
internal sealed record PlannedVip(VipConfig Config, VirtualRouterSettings Settings)
{
    public ushort Id => Settings.Id;
}

/// <summary>From configuration to what the guard works by. Pure: the same on every run, so that a guard that outlives
/// its node recognizes its routers.</summary>
internal static class VipPlan
{
    /// <summary>How much longer than configured a guard waits before it takes an address from a lower router, when its
    /// node can ask for a handover first.</summary>
    public static readonly TimeSpan AskFirst = TimeSpan.FromSeconds(5);

    /// <param name="config">Validated.</param>
    /// <param name="nodeName">This node, for placement.</param>
    /// <param name="canAsk">Whether there are peers to ask.</param>
    /// <param name="members">Nodes of the cluster, for placement where no list is configured.</param>
    public static IReadOnlyList<PlannedVip> Of(
        ProxyConfig config, string nodeName, bool canAsk = false, IReadOnlyList<string>? members = null)
    {
        IReadOnlyDictionary<string, IReadOnlyList<string>> order = VipPlacement.Order(
            [.. config.Vips.Where(static vip => vip.Priority == 0).Select(static vip => new PlacedVip(
                vip.SyncGroup.Length > 0 ? vip.SyncGroup : vip.Name, vip.Pin)).Distinct()],
            config.VipPlacement.Nodes.Count > 0
                ? [.. config.VipPlacement.Nodes.Select(static node => new PlacedNode(node.Name, node.Weight))]
                : [.. (members ?? []).Select(static name => new PlacedNode(name, 100))]);
        string[] groups = [.. config.Vips.Select(static vip => vip.SyncGroup).Distinct().Order(StringComparer.Ordinal)];
        var ids = new HashSet<ushort>();
        var planned = new List<PlannedVip>();
        foreach (VipConfig vip in config.Vips)
        {
            bool isPlaced = vip.Priority == 0;
            VrrpRules rules = RulesOf(vip);
            var settings = new VirtualRouterSettings
            {
                Id = IdOf(vip, rules.Family, ids),
                Name = vip.Name,
                Group = vip.SyncGroup.Length > 0 ? (ushort)(1 + Array.IndexOf(groups, vip.SyncGroup)) : (ushort)0,
                Interface = vip.Interface,
                Rules = rules,
                Policy = new VrrpPolicy
                {
                    Priority = isPlaced
                        ? PriorityOf(order[vip.SyncGroup.Length > 0 ? vip.SyncGroup : vip.Name], nodeName)
                        : (byte)vip.Priority,
                    Preempt = vip.Preempt,
                    PreemptDelay = Microseconds(
                        (isPlaced && vip.PreemptDelay == TimeSpan.Zero
                            ? config.VipPlacement.RebalanceAfter
                            : vip.PreemptDelay)
                        + (canAsk ? AskFirst : TimeSpan.Zero)),
                    ResignHold = Microseconds(vip.ResignHold),
                },
                Prefixes = [.. vip.Addresses.Select(static text => PrefixOf(text))],
                UseVirtualMac = vip.VirtualMac,
                Source = vip.Source.Length > 0 ? NetAddress.Parse(vip.Source) : NetAddress.None,
                Tracked = [.. vip.Track.Interfaces],
            };
            planned.Add(new PlannedVip(vip, settings));
        }

        return planned;
    }

    /// <summary>Whether the members of the cluster decide about the placement.</summary>
    public static bool AsksMembers(ProxyConfig config) =>
        config.VipPlacement.Nodes.Count == 0 && config.Vips.Any(static vip => vip.Priority == 0);

    /// <summary>Steps of ten leave room for weights of checks. Who is not on the list comes last, and must not take
    /// anything from those that know it.</summary>
    public static byte PriorityOf(IReadOnlyList<string> order, string nodeName)
    {
        int rank = order.TakeWhile(name => name != nodeName).Count();
        return order.Count == 0 ? (byte)1 : (byte)Math.Max(1, 250 - (10 * rank));
    }

    private static VrrpRules RulesOf(VipConfig vip)
    {
        NetAddress[] addresses = [.. vip.Addresses.Select(static text => NetAddress.Parse(text.Split('/')[0]))];
        return new VrrpRules
        {
            RouterId = (byte)vip.RouterId,
            Version = vip.Version == 2 ? VrrpVersion.V2 : VrrpVersion.V3,
            Family = addresses[0].Family,
            Interval = Microseconds(vip.Advert),
            Addresses = addresses,
            Checksum = vip.Checksum == VipChecksum.Message ? ChecksumForm.MessageOnly : ChecksumForm.PseudoHeader,
            Password = vip.Auth.Length > 0 ? VrrpRules.PasswordOf(vip.Auth) : 0,
            Peers = [.. vip.UnicastPeers.Select(NetAddress.Parse)],
        };
    }

    private static byte PrefixOf(string text)
    {
        string[] parts = text.Split('/');
        int all = 8 * NetAddress.LengthOf(NetAddress.Parse(parts[0]).Family);
        return parts.Length == 2 ? byte.Parse(parts[1], null) : (byte)all;
    }

    private static long Microseconds(TimeSpan span) => (long)span.TotalMicroseconds;

    /// <summary>A number that does not change when other routers come or go; what it names is unique on a node.
    /// </summary>
    private static ushort IdOf(VipConfig vip, IpFamily family, HashSet<ushort> taken)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{vip.Interface} {family} {vip.RouterId}"));
        ushort id = (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(hash) % GuardProtocol.All);
        while (id == 0 || !taken.Add(id))
        {
            id = (ushort)((id + 1) % GuardProtocol.All);
        }

        return id;
    }
}
