using Proxy.Actors.Runtime;
using Proxy.Edge.Limits;
using Proxy.Edge.Snapshot;

namespace Proxy.Cluster.Shares;

/// <summary>Limits that hold for the whole cluster: the entry to this folder. Any thread.</summary>
public sealed class ShareService : ILimitDesk
{
    private readonly IRef<ShareInput> _actor;

    /// <param name="self">This node's name; all nodes know it by that.</param>
    public ShareService(IActorSystem system, string self, IShareLink link)
    {
        var machine = new RateShareMachine(self);
        Limits = new LimitShares(this);
        _actor = system.Spawn(
            new Props<ShareInput>(context => new ShareActor(context, machine, Limits, link))
            {
                Supervision = Supervise.RestartWithBackoff,
            },
            "shares");
    }

    /// <summary>For the rate limits of the loops.</summary>
    public LimitShares Limits { get; }

    /// <summary>The nodes that are there; to be called when that changes.</summary>
    public void SetNodes(IReadOnlyList<string> live) => _actor.Tell(new ShareInput.Nodes(live));

    /// <summary>Takes over the limits of what runs now; to be called after publishing.</summary>
    public void Adopt(EdgeSnapshot running) => _actor.Tell(new ShareInput.Limits(
        [.. running.Routes.Select(static route => route.RateLimit).OfType<RateLimiter>()]));

    /// <summary>A message of another node's <see cref="IShareLink"/>. False when it makes no sense.</summary>
    public bool Received(string node, ReadOnlySpan<byte> message)
    {
        if (ShareMessage.Decode(message) is not { } decoded)
        {
            return false;
        }

        _actor.Tell(new ShareInput.Received(node, decoded));
        return true;
    }

    bool ILimitDesk.TryAsk(RateLimiter limiter, ulong key, ILimitAnswer answer) =>
        _actor.Tell(new ShareInput.Ask(limiter, key, answer)) == TellResult.Accepted;
}
