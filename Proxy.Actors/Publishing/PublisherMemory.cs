using Proxy.Actors.Pools;

namespace Proxy.Actors.Publishing;

/// <summary>What the publisher finds again after a crash: its pools, each with its last configuration and its operators' orders.
/// Touched by that actor only, one incarnation after the other.</summary>
internal sealed class PublisherMemory
{
    public Dictionary<string, PoolMemory> Pools { get; } = new(StringComparer.Ordinal);
}
