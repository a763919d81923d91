using Proxy.Actors.Pools;
using Proxy.Actors.Ports;
using Proxy.Actors.Publishing;
using Proxy.Actors.Runtime;

namespace Proxy.Actors.Supervision;

/// <summary>The root: starts the actors of a node and says what becomes of one that fails.
/// <code>
///   /user/publisher          one revision after the other; parent of the pools
///     app-1                  a PoolActor: candidate list, orders, slots
///       a-1  b-2             BackendActors: one member each, its checks and its grant
/// </code></summary>
/// <remarks>
/// Every actor restarts, for ever, with growing pauses: none of them holds what cannot be rebuilt. A member's actor goes on from the
/// published grant, a pool's and the publisher from their memory, so a crash, even of the whole tree, leaves candidate lists
/// and grants as they are and the loops notice nothing. A parent that restarts takes its children along.
/// </remarks>
public static class NodeSupervisor
{
    public static ActorTree Start(
        IActorSystem system, IEdge edge, IProber prober, INameResolver resolver, IPoolEvents events)
    {
        var observations = new ObservationInbox();
        var services = new PoolServices(prober, resolver, events, observations);
        var pools = new PoolDirectory();
        var memory = new PublisherMemory();
        IRef<PublisherMessage> publisher = system.Spawn(
            new Props<PublisherMessage>(context => new PublisherActor(context, memory, edge, services, pools))
            {
                Supervision = Supervise.RestartWithBackoff,
            },
            "publisher");
        return new ActorTree(publisher, pools, observations);
    }
}
