using Proxy.Cluster.Acme;
using Proxy.Cluster.Membership;
using Proxy.Cluster.Peers;
using Proxy.Cluster.Vrrp.Node;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;

namespace Proxy.Cluster.Management;

/// <summary>What management may know about the node. Called from any thread, several at a time; nothing here may
/// block.</summary>
internal interface INodeStatus
{
    EdgeSnapshot Snapshot { get; }

    EdgeTelemetry Telemetry { get; }

    IReadOnlyList<AcmeOrderState> AcmeOrders { get; }

    /// <summary>Other nodes that are connected.</summary>
    IReadOnlyList<PeerStatus> Peers { get; }

    /// <summary>Virtual addresses of this node.</summary>
    VipReport Vips { get; }

    /// <summary>The cluster as this node sees it; null = it has none.</summary>
    MembershipView? Cluster { get; }

    string NodeName { get; }

    string Version { get; }

    DateTimeOffset StartedAt { get; }

    /// <summary>The configuration in use after includes and substitutions, as JSON. Secrets may be in it: whoever
    /// shows it masks them.</summary>
    string ResolvedConfigJson { get; }

    /// <summary>Whether the node takes traffic, and if not, why ("draining", "no listener").</summary>
    bool IsReady(out string reason);

    /// <summary>What the health checks know about a member; null when nothing checks it.</summary>
    MemberHealth? Health(MemberId member);

    /// <summary>Moves a virtual address. Empty, or why not.</summary>
    ValueTask<string> OrderVipAsync(string name, VipOrder order);

    /// <summary>Where a member stands in its pool; loops do not know, only the pool's actor does.</summary>
    MemberPlace Place(MemberId member);
}

/// <summary>State of a member's active checks.</summary>
/// <param name="CheckedAt">When the last check ended; null before the first one.</param>
/// <param name="Result">Its result: "200 in 3 ms", "connection refused".</param>
/// <param name="Passes">Checks passed in a row; likewise <paramref name="Fails"/> failed ones. One of them is
/// 0.</param>
internal sealed record MemberHealth(DateTimeOffset? CheckedAt, string Result, int Passes, int Fails);

/// <summary>Role of a member and the number of its set.</summary>
internal readonly record struct MemberPlace(MemberRole Role, int Set);
