using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Proxy.Actors.Pools;
using Proxy.Actors.Runtime;

namespace Proxy.Actors.Publishing;

/// <summary>The pools' actors by name, for loops that ask for a slot and for management. Any thread may read; the publisher
/// writes.</summary>
public sealed class PoolDirectory
{
    private readonly ConcurrentDictionary<string, IRef<PoolMessage>> _pools = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Names => [.. _pools.Keys.Order(StringComparer.Ordinal)];

    public bool TryFind(string pool, [NotNullWhen(true)] out IRef<PoolMessage>? actor) =>
        _pools.TryGetValue(pool, out actor);

    internal void Set(string pool, IRef<PoolMessage> actor) => _pools[pool] = actor;

    internal void Remove(string pool) => _pools.TryRemove(pool, out _);
}
