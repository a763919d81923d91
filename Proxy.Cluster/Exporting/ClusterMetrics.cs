using Proxy.Cluster.Membership;

namespace Proxy.Cluster.Exporting;

/// <summary>Metrics of the cluster as this node sees it.</summary>
internal static class ClusterMetrics
{
    /// <param name="view">Null = this node has no cluster.</param>
    public static void Write(ExpositionWriter output, MembershipView? view)
    {
        if (view is null)
        {
            return;
        }

        output.Gauge("proxy_cluster_members", "Members that this node knows, by status.");
        foreach (IGrouping<MemberStatus, Member> group in view.Members.GroupBy(static member => member.Status))
        {
            output.Sample(group.Count(), ("status", group.Key.ToString()));
        }

        output.Gauge("proxy_cluster_unreachable", "Members that somebody cannot reach.");
        output.Sample(view.Members.Count(static member => !member.Reachable));
        output.Gauge("proxy_cluster_standing", "1 for how this node stands with its cluster.");
        output.Sample(1, ("standing", view.Standing.ToString()));
        output.Gauge("proxy_cluster_problems", "What an operator should look at: GET /cluster/members tells.");
        output.Sample(view.Problems.Length);
        output.Gauge("proxy_cluster_engine_revision", "Where in the engine's history this node is.");
        output.Sample(view.Revision.Value);
    }
}
