using Proxy.Cluster.Acme;
using Proxy.Cluster.Management;
using Proxy.Cluster.Membership;
using Proxy.Cluster.Peers;
using Proxy.Cluster.Vrrp.Node;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;
using Proxy.Tests.Cluster.Exporting;

namespace Proxy.Tests.Cluster.Management;

/// <summary>The status of <see cref="SampleNode"/>, with what a test wants otherwise.</summary>
internal sealed class FakeNodeStatus : INodeStatus
{
    private readonly SampleNode _sample = new();

    public string? NotReady { get; set; }

    public EdgeSnapshot Snapshot => _sample.Snapshot;

    public EdgeTelemetry Telemetry => _sample.Telemetry;

    public IReadOnlyList<AcmeOrderState> AcmeOrders { get; set; } = [];

    public IReadOnlyList<PeerStatus> Peers { get; set; } = [];

    public VipReport Vips { get; set; } = VipReport.None;

    public MembershipView? Cluster => null;

    public string NodeName { get; set; } = "edge-1";

    public string Version => "0.1.0";

    public DateTimeOffset StartedAt { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public string ResolvedConfigJson { get; set; } =
        """{"proxy":{"management":{"token":"hush"},"node":{"name":"edge-1"}}}""";

    public ValueTask<string> OrderVipAsync(string name, VipOrder order) =>
        ValueTask.FromResult(name == "web" ? "" : $"no virtual router is named \"{name}\"");

    public bool IsReady(out string reason)
    {
        reason = NotReady ?? "";
        return NotReady is null;
    }

    public MemberHealth? Health(MemberId member) => member.Name == "b"
        ? new MemberHealth(StartedAt, "connection refused", Passes: 0, Fails: 3)
        : null;

    public MemberPlace Place(MemberId member) => new(member.Name == "b" ? MemberRole.Spare : MemberRole.Primary, 0);
}
