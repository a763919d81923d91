using Proxy.Cluster.Acme;
using Proxy.Cluster.Membership;
using Proxy.Cluster.Peers;
using Proxy.Cluster.Vrrp.Node;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;

namespace Proxy.Cluster.Exporting;

/// <summary>What an export is made from.</summary>
internal sealed record NodeMetrics(
    string NodeName,
    string Version,
    DateTimeOffset StartedAt,
    DateTimeOffset Now,
    bool IsReady,
    EdgeSnapshot Snapshot,
    EdgeTelemetry Telemetry,
    IReadOnlyList<AcmeOrderState> AcmeOrders)
{
    public MembershipView? Cluster { get; init; }
    /// <summary>Other nodes that are connected.</summary>
    public IReadOnlyList<PeerStatus> Peers { get; init; } = [];

    public VipReport Vips { get; init; } = VipReport.None;
}
