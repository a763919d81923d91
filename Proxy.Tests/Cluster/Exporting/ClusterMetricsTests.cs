using System.Text;
using Proxy.Cluster.Exporting;
using Proxy.Cluster.Membership;

namespace Proxy.Tests.Cluster.Exporting;

public sealed class ClusterMetricsTests
{
    [Fact]
    public void Members_are_counted_by_status()
    {
        var node = new NodeIdentity { Name = "a", Incarnation = 1, PeerAddress = "a:7400" };
        var up = new Member("proxy://c@a:7400", node, MemberStatus.Up, 1, [], true, default);
        var view = new MembershipView
        {
            Cluster = "c",
            Self = node,
            Standing = ClusterStanding.Member,
            Members = [up, up, up with { Status = MemberStatus.Leaving, ObservedBy = ["proxy://c@b:7400"] }],
        };
        var output = new ExpositionWriter();

        ClusterMetrics.Write(output, view);

        string text = Encoding.UTF8.GetString(output.Written.Span);
        Assert.Contains("proxy_cluster_members{status=\"Up\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("proxy_cluster_members{status=\"Leaving\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("proxy_cluster_unreachable 1\n", text, StringComparison.Ordinal);
        Assert.Contains("proxy_cluster_standing{standing=\"Member\"} 1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_without_a_cluster_says_nothing()
    {
        var output = new ExpositionWriter();

        ClusterMetrics.Write(output, null);

        Assert.True(output.Written.IsEmpty);
    }
}
