using Proxy.Actors.Config;
using Proxy.Actors.Planning;
using Proxy.Cluster.Acme;
using Proxy.Cluster.Management;
using Proxy.Cluster.Membership;
using Proxy.Cluster.Peers;
using Proxy.Cluster.Vrrp.Node;
using Proxy.Edge.Node;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;

namespace Proxy.Cluster.Host;

/// <summary>The node as management sees it.</summary>
internal sealed class NodeStatus(
    EdgeNode edge, EdgeTelemetry telemetry, NodeEvents events, AcmeLedger ledger, string name, DateTimeOffset startedAt)
    : INodeStatus
{
    private RunningRevision _running = new(PlannedRevision.None, "{}");
    private string? _notReady = "starting";

    public EdgeSnapshot Snapshot => edge.Snapshot;

    public EdgeTelemetry Telemetry => telemetry;

    public IReadOnlyList<AcmeOrderState> AcmeOrders => ledger.Orders;

    /// <summary>Set before management starts; null = this node has no virtual addresses.</summary>
    public VipService? VipService { get; set; }

    public MembershipView? Cluster => ClusterBoard?.View;

    /// <summary>Set when the node joins its cluster.</summary>
    public MembershipBoard? ClusterBoard { get; set; }
    public IReadOnlyList<PeerStatus> Peers => Mesh?.Status() ?? [];

    public PeerMesh? Mesh { get; set; }

    public VipReport Vips => VipService?.Report ?? VipReport.None;

    public string NodeName => name;

    public string Version => ProductVersion.Text;

    public DateTimeOffset StartedAt => startedAt;

    public string ResolvedConfigJson => Volatile.Read(ref _running).Json;

    public bool IsReady(out string reason)
    {
        reason = Volatile.Read(ref _notReady) ?? "";
        return reason.Length == 0;
    }

    public MemberHealth? Health(MemberId member) => events.Health(member);

    public MemberPlace Place(MemberId member)
    {
        MemberConfig? config = Volatile.Read(ref _running).Revision.Config.Pools
            .FirstOrDefault(pool => pool.Name == member.Pool)?.Members
            .FirstOrDefault(candidate => candidate.Name == member.Name);
        return config is null ? default : new MemberPlace(config.EffectiveRole, config.Set);
    }

    public ValueTask<string> OrderVipAsync(string name, VipOrder order) =>
        VipService?.OrderAsync(name, order) ?? ValueTask.FromResult($"no virtual router is named \"{name}\"");

    public void Set(PlannedRevision revision, string json) =>
        Volatile.Write(ref _running, new RunningRevision(revision, json));

    /// <param name="reason">Why not; null = ready.</param>
    public void SetReady(string? reason) => Volatile.Write(ref _notReady, reason);

    private sealed record RunningRevision(PlannedRevision Revision, string Json);
}
