using Proxy.Edge.Limits;
using Proxy.Edge.Replication;

namespace Proxy.Cluster.Shares;

/// <summary>The live nodes as an owner of keys is chosen among them, and which of them do not answer.</summary>
internal sealed class NodeRing(string self)
{
    private readonly HashSet<string> _silent = new(StringComparer.Ordinal);
    private string[] _nodes = [self];

    public string Self { get; } = self;

    public IReadOnlyList<string> Nodes => _nodes;

    public IReadOnlyCollection<string> Silent => _silent;

    /// <summary>For the loops.</summary>
    public LimitOwners Owners { get; private set; } = LimitOwners.Alone;

    /// <summary>False when nothing changed.</summary>
    public bool Set(IEnumerable<string> nodes)
    {
        string[] live = [.. nodes.Append(Self).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (live.SequenceEqual(_nodes))
        {
            return false;
        }

        _nodes = live;
        _silent.IntersectWith(live);
        Rebuild();
        return true;
    }

    /// <summary>False when that was known.</summary>
    public bool MarkSilent(string node, bool silent)
    {
        bool changed = node != Self && (silent ? _nodes.Contains(node) && _silent.Add(node) : _silent.Remove(node));
        if (changed)
        {
            Rebuild();
        }

        return changed;
    }

    public string OwnerOf(ulong key) => _nodes[Owners.OwnerOf(key)];

    private void Rebuild() => Owners = new LimitOwners(
        [.. _nodes.Select(static node => NumberOf(node))],
        Array.IndexOf(_nodes, Self),
        [.. _nodes.Select(_silent.Contains)]);

    // All nodes must come to the same, whatever they run on.
    private static ulong NumberOf(string node) => NodeTag.Of(node).Value * 0x9E3779B97F4A7C15;
}
