using Proxy.Actors.Config;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Vrrp.Guard;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>What <see cref="VipActor"/> hears.</summary>
internal abstract record VipMessage
{
    private VipMessage()
    {
    }

    public sealed record Configure(ProxyConfig Config) : VipMessage;

    public sealed record Connected(Result<VipGuardClient> Client) : VipMessage;

    /// <summary>Event is null when the guard has gone.</summary>
    public sealed record FromGuard(VipGuardClient Client, GuardEvent? Event) : VipMessage;

    public sealed record Reconnect : VipMessage;

    public sealed record Beat : VipMessage;

    public sealed record Count : VipMessage;

    public sealed record CheckDue(string Vip) : VipMessage;

    public sealed record CheckDone(string Vip, string? Problem) : VipMessage;

    public sealed record NotifyDone(string Vip, string? Problem) : VipMessage;

    /// <summary>A question of a planned handover that a peer asks.</summary>
    public sealed record Called(string Node, byte[] Record, ReplyTo<byte[]> Reply) : VipMessage;

    /// <summary>A peer's answer; Problem is empty when it agrees.</summary>
    public sealed record Answered(string Vip, HandoverStep Step, string Problem) : VipMessage;

    public sealed record HandoverLate(string Vip) : VipMessage;

    public sealed record Prepared(string? Problem, ReplyTo<byte[]> Reply) : VipMessage;

    public sealed record RulesRemoved(string? Problem) : VipMessage;

    /// <summary>Time to see who is in the cluster.</summary>
    public sealed record MembersDue : VipMessage;

    public sealed record FlowsDue : VipMessage;

    public sealed record FlowsRead(IReadOnlyList<VipFlow> Flows) : VipMessage;

    public sealed record FlowsTold(string Node, byte[] Record) : VipMessage;

    public sealed record TickleAgain(IReadOnlyList<VipFlow> Flows) : VipMessage;

    public sealed record PeerFound(string Node) : VipMessage;

    /// <param name="IsBroken">Its process has probably ended, rather than said goodbye or fallen silent.</param>
    public sealed record PeerLost(string Node, bool IsBroken) : VipMessage;

    public sealed record PeerSaid(string Node, byte[] Record) : VipMessage;

    /// <summary>By hand. Answers null, or why not.</summary>
    public sealed record Order(string Vip, VipOrder What, ReplyTo<string> Reply) : VipMessage;

    /// <summary>Another process takes this node's place: nothing moves.</summary>
    public sealed record Stay(ReplyTo<bool> Reply) : VipMessage;

    /// <summary>Everything goes to other nodes; connections go on here. Answers when that is done.</summary>
    public sealed record GiveUp(ReplyTo<bool> Reply) : VipMessage;

    /// <summary>The node may have its addresses again.</summary>
    public sealed record Return : VipMessage;

    /// <summary>The node stops and with it the guard, which leaves nothing behind. Answers when that is done.</summary>
    public sealed record Stop(ReplyTo<bool> Reply) : VipMessage;
}
