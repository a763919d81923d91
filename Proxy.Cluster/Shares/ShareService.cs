using Proxy.Actors.Runtime;
using Proxy.Edge.Limits;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;

namespace Proxy.Cluster.Shares;

/// <summary>Limits that hold for the whole cluster: the entry to this folder. Any thread.</summary>
public sealed class ShareService : ILimitDesk
{
    private readonly IRef<ShareInput> _actor;

    /// <param name="self">This node's name; all nodes know it by that.</param>
    /// <param name="slots">Told when this node may take more slots of a member.</param>
    public ShareService(IActorSystem system, string self, IShareLink link, ISlotQueue slots)
    {
        var machines = new ShareMachines(new RateShareMachine(self), new SlotShareMachine(self));
        Limits = new LimitShares(this);
        _actor = system.Spawn(
            new Props<ShareInput>(context => new ShareActor(context, machines, Limits, link, slots))
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
        [.. running.Routes.Select(static route => route.RateLimit).OfType<RateLimiter>()],
        [
            .. running.Pools.SelectMany(static pool => pool.Members
                .Where(static member => member.MaxClusterConnections > 0)
                .Select(member => new SharedMember(member.State, pool.State, member.MaxClusterConnections))),
        ]));

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
