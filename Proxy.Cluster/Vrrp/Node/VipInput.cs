using Proxy.Cluster.Vrrp.Guard;
using Proxy.Cluster.Vrrp.Machine;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>What happens to <see cref="VipMachine"/>.</summary>
internal abstract record VipInput
{
    private VipInput()
    {
    }

    public sealed record Configure(IReadOnlyList<PlannedVip> Vips) : VipInput;

    /// <summary>A guard listens to this node, and knows nothing yet.</summary>
    public sealed record GuardConnected : VipInput;

    public sealed record GuardGone : VipInput;

    public sealed record FromGuard(GuardEvent Event) : VipInput;

    /// <summary>How the node is.</summary>
    /// <param name="IsReady">Whether it takes traffic.</param>
    /// <param name="HasMajority">Whether it is on the majority's side.</param>
    /// <param name="EmptyPools">Pools that have nobody to send to.</param>
    /// <param name="IsStuck">Whether a part of it hangs, so that it cannot serve, ready or not.</param>
    public sealed record Condition(
        bool IsReady, bool HasMajority, IReadOnlySet<string> EmptyPools, bool IsStuck = false) : VipInput;

    /// <summary>The operator's check changed its mind.</summary>
    public sealed record Checked(string Vip, bool IsGood) : VipInput;

    /// <summary>A peer says what its routers are doing.</summary>
    public sealed record PeerSaid(string Node, IReadOnlyList<VipClaim> Claims) : VipInput;

    /// <summary>The connection to a peer ended.</summary>
    /// <param name="IsBroken">Its process has probably ended; otherwise it said goodbye or only fell silent, and then
    /// adverts say more about it.</param>
    public sealed record PeerLost(string Node, bool IsBroken) : VipInput;

    public sealed record PeerFound(string Node) : VipInput;

    /// <summary>Some time has passed since the peers were told: a word may have been lost with a connection that was
    /// replaced by another one.</summary>
    public sealed record Remind : VipInput;

    /// <summary>Whether this node leaves, so that what it could not hand over is given up.</summary>
    public sealed record Leave(bool IsLeaving) : VipInput;
}

/// <summary>What the actor has to do for the machine, in order.</summary>
internal abstract record VipEffect
{
    private VipEffect()
    {
    }

    /// <summary>Begin a configuration of the guard.</summary>
    public sealed record Hello : VipEffect;

    public sealed record Settings(VirtualRouterSettings Value) : VipEffect;

    public sealed record Commit : VipEffect;

    public sealed record Fault(ushort Id, VrrpTrack Track, bool IsFaulty) : VipEffect;

    public sealed record Weight(ushort Id, VrrpTrack Track, int Amount) : VipEffect;

    public sealed record Hint(ushort Id, PeerHint Kind, Packets.NetAddress Peer) : VipEffect;

    /// <summary>A node of lower priority has it: ask for it, so that it is handed over and not snatched.</summary>
    public sealed record Ask(VipView View, string Owner) : VipEffect;

    /// <summary>A router changed state: for the log and the operator's command.</summary>
    public sealed record Changed(VipView View, VrrpInputKind Cause) : VipEffect;

    /// <summary>Something an operator should read.</summary>
    public sealed record Warn(string Vip, string Text) : VipEffect;

    /// <summary>Tell all peers what our routers are doing.</summary>
    public sealed record Tell(IReadOnlyList<VipClaim> Claims) : VipEffect;
}
