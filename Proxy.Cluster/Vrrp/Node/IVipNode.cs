namespace Proxy.Cluster.Vrrp.Node;

/// <summary>What the virtual routers need to know of the node they lead to. Called by the actor's thread; nothing may
/// block.</summary>
internal interface IVipNode
{
    /// <summary>Whether it takes traffic.</summary>
    bool IsReady { get; }

    /// <summary>Whether it is on the majority's side of the cluster; true without an engine.</summary>
    bool HasMajority { get; }

    /// <summary>Names of the cluster's members that serve; empty without a cluster, and while nobody knows.</summary>
    IReadOnlyList<string> Members { get; }

    /// <summary>Whether the pool has anybody to send to. A pool that does not exist has not.</summary>
    bool HasCandidates(string pool);

    /// <summary>How many event loops it has.</summary>
    int Loops { get; }

    /// <summary>Whether a loop has taken a turn since it was asked.</summary>
    bool HasTurned(int loop);

    /// <summary>The kernel's number of a loop's thread; 0 when it is not known yet.</summary>
    int ThreadOf(int loop);

    /// <summary>Asks a loop to show that it turns.</summary>
    void Ask(int loop);
}
