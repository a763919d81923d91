namespace Proxy.Cluster.Vrrp.Node;

/// <summary>What an operator may want of a virtual address.</summary>
internal abstract record VipOrder
{
    private VipOrder()
    {
    }

    /// <summary>To whoever is best among the others.</summary>
    public sealed record Give : VipOrder;

    /// <summary>Here.</summary>
    public sealed record Take : VipOrder;

    /// <summary>To that node.</summary>
    public sealed record Move(string Node) : VipOrder;
}
