namespace Proxy.Cluster.Vrrp.Machine;

/// <summary>What can take an instance out of the running or change its priority. Each source has a bit among the
/// faults and a weight of its own. Values travel from the node as bytes: append only.</summary>
internal enum VrrpTrack : byte
{
    /// <summary>Link down, carrier lost, interface gone, no address to speak from.</summary>
    Interface,

    /// <summary>The node that the addresses lead to has ended or hangs.</summary>
    Node,

    /// <summary>The node says it cannot serve.</summary>
    Health,

    /// <summary>The operator's own check command.</summary>
    Check,

    /// <summary>The node is cut off from the engine and from the majority of the members.</summary>
    Majority,

    /// <summary>By hand.</summary>
    Operator,

    /// <summary>Another member of the sync group is in fault; set by <see cref="VrrpGroup"/> only.</summary>
    Group,
}
