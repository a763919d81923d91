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

    public sealed record PeerFound(string Node) : VipMessage;

    public sealed record PeerLost(string Node) : VipMessage;

    public sealed record PeerSaid(string Node, byte[] Record) : VipMessage;

    /// <summary>By hand. Answers null, or why not.</summary>
    public sealed record Order(string Vip, bool IsTake, ReplyTo<string> Reply) : VipMessage;

    /// <summary>Another process takes this node's place: nothing moves.</summary>
    public sealed record Stay(ReplyTo<bool> Reply) : VipMessage;

    /// <summary>The node stops: everything is given away and the guard ends. Answers when that is done.</summary>
    public sealed record Leave(ReplyTo<bool> Reply) : VipMessage;
}
