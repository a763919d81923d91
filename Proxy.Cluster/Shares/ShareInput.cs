using Proxy.Edge.Limits;

namespace Proxy.Cluster.Shares;

/// <summary>Messages of the <see cref="ShareActor"/>.</summary>
internal abstract record ShareInput
{
    /// <summary>A request waits for its key's owner.</summary>
    public sealed record Ask(RateLimiter Limiter, ulong Key, ILimitAnswer Answer) : ShareInput;

    public sealed record Received(string Node, ShareMessage Message) : ShareInput;

    /// <summary>All nodes that are there; this one may be left out.</summary>
    public sealed record Nodes(IReadOnlyList<string> Live) : ShareInput;

    /// <summary>The limits of the running configuration.</summary>
    public sealed record Limits(
        IReadOnlyList<RateLimiter> Rates, IReadOnlyList<SharedMember> Members) : ShareInput;

    public sealed record RateTick : ShareInput;

    public sealed record SlotTick : ShareInput;
}
