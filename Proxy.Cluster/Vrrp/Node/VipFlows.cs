using Proxy.Actors.Runtime;
using Proxy.Cluster.Peers;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>What the nodes tell each other of their clients' connections to virtual addresses, and what the next owner
/// makes of it when the last one died. Used in the actor's turns only.</summary>
internal sealed class VipFlows(IActorContext<VipMessage> context, IPeerMessages peers)
{
    public const string Channel = "vip-flows";

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(300);
    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    private readonly Dictionary<string, IReadOnlyList<VipFlow>> _told = new(StringComparer.Ordinal);
    private bool _isReading;
    private int _lastCount;

    public void Start() => context.StartTimer("flows", new VipMessage.FlowsDue(), Every, Every);

    /// <summary>Looks which connections there are, beside the actor: the kernel's table may be long.</summary>
    /// <param name="report">Only for addresses that are here.</param>
    public void Look(VipReport report)
    {
        HashSet<NetAddress> held = [.. report.Vips.Where(static vip => vip.State == VrrpState.Master)
            .SelectMany(static vip => vip.Plan.Settings.Rules.Addresses)];
        if (_isReading || peers.Peers.Count == 0 || (held.Count == 0 && _lastCount == 0))
        {
            return;
        }

        _isReading = true;
        context.PipeToSelf(ReadAsync(held), static result => new VipMessage.FlowsRead(
            result.TryGetValue(out IReadOnlyList<VipFlow>? flows) ? flows : []));
    }

    public void OnRead(IReadOnlyList<VipFlow> flows)
    {
        _isReading = false;
        _lastCount = flows.Count;
        peers.Broadcast(Channel, VipFlow.Write(flows));
    }

    public void OnTold(string node, IReadOnlyList<VipFlow> flows) => _told[node] = flows;

    /// <summary>This node has these addresses now.</summary>
    /// <param name="cause">A planned handover keeps the connections where they are; in all other cases whoever had them
    /// does not have the address any more.</param>
    public void OnMaster(VipView view, VrrpInputKind cause)
    {
        HashSet<NetAddress> addresses = [.. view.Plan.Settings.Rules.Addresses];
        VipFlow[] flows = [.. _told.Values.SelectMany(static list => list)
            .Where(flow => addresses.Contains(flow.Vip))];
        if (cause == VrrpInputKind.TakeOver || flows.Length == 0)
        {
            return;
        }

        foreach ((string node, IReadOnlyList<VipFlow> list) in _told.ToArray())
        {
            _told[node] = [.. list.Where(flow => !addresses.Contains(flow.Vip))];
        }

        Tickle.Send(flows);

        // The first may have been lost, or come while the network still believed in the old place.
        context.StartTimer($"tickle {view.Plan.Config.Name}", new VipMessage.TickleAgain(flows), Again);
    }

    private static async ValueTask<IReadOnlyList<VipFlow>> ReadAsync(HashSet<NetAddress> addresses)
    {
        await Task.Yield();
        var flows = new List<VipFlow>();
        foreach (string table in Tables.Where(File.Exists))
        {
            flows.AddRange(VipFlow.Parse(await File.ReadAllTextAsync(table), addresses));
        }

        return flows.Count > VipFlow.MaxFlows ? flows.GetRange(0, VipFlow.MaxFlows) : flows;
    }
}
