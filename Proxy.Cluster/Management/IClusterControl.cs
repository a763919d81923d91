using Proxy.Cluster.Health;
using Proxy.Cluster.Membership;
using Proxy.Cluster.Singletons;

namespace Proxy.Cluster.Management;

/// <summary>What management may know and order of the cluster. Any thread.</summary>
internal interface IClusterControl
{
    MembershipBoard Board { get; }

    SingletonBoard Owners { get; }

    HealthBoard Health { get; }

    /// <summary>Answers within a few seconds, whatever the engine does.</summary>
    Task<OrderResult> OrderAsync(MemberOrder order);
}
