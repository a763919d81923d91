using System.Collections.Frozen;
using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Singletons;

/// <summary>Which node has which singleton, as far as this node knows. Any thread may read.</summary>
internal sealed class SingletonBoard
{
    private volatile FrozenDictionary<string, Ownership> _owners = FrozenDictionary<string, Ownership>.Empty;

    public IReadOnlyDictionary<string, Ownership> Owners => _owners;

    public OwnerRecord? OwnerOf(string singleton) =>
        _owners.TryGetValue(singleton, out Ownership owner) ? owner.Owner : null;

    public Revision TokenOf(string singleton) =>
        _owners.TryGetValue(singleton, out Ownership owner) ? owner.Token : default;

    internal void Show(IReadOnlyDictionary<string, Ownership> owners)
    {
        if (owners.Count == _owners.Count
            && owners.All(pair => _owners.TryGetValue(pair.Key, out Ownership old) && old == pair.Value))
        {
            return;
        }

        _owners = owners.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
