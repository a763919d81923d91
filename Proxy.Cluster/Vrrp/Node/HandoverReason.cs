namespace Proxy.Cluster.Vrrp.Node;

/// <summary>Why an address is handed over, which decides what may bring it back.</summary>
internal enum HandoverReason
{
    /// <summary>A better node asked for it; should that one fail, this node is as good as before.</summary>
    Asked,

    /// <summary>This node leaves.</summary>
    Leaving,

    /// <summary>An operator wants it there.</summary>
    Ordered,
}
