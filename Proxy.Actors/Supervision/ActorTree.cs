using Proxy.Actors.Pools;
using Proxy.Actors.Publishing;
using Proxy.Actors.Runtime;

namespace Proxy.Actors.Supervision;

/// <summary>The doors into the actors of a node. Everything else is reached through messages.</summary>
/// <param name="Publisher">Takes revisions.</param>
/// <param name="Pools">Finds a pool's actor: orders, status, slots.</param>
/// <param name="Observations">Where the loops put what they observe.</param>
public sealed record ActorTree(
    IRef<PublisherMessage> Publisher, PoolDirectory Pools, ObservationInbox Observations);
