namespace Proxy.Cluster.Shares;

/// <summary>What the slot machine wants done. The order between effects does not matter.</summary>
internal abstract record SlotShareEffect
{
    public sealed record Send(string Node, ShareMessage Message) : SlotShareEffect;

    /// <summary>This node may take more slots: requests that wait may be served.</summary>
    public sealed record Raised(SharedMember Member) : SlotShareEffect;
}
