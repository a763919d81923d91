using Proxy.Actors.Ports;

namespace Proxy.Actors.Pools;

/// <summary>What pools and members need from outside.</summary>
public sealed record PoolServices(
    IProber Prober, INameResolver Resolver, IPoolEvents Events, ObservationInbox Observations);
