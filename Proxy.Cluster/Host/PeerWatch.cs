using System.Collections.Immutable;

namespace Proxy.Cluster.Host;

/// <summary>What follows from who is connected and who is a member, looked at once a second. Pure; one
/// caller.</summary>
/// <param name="name">This node's.</param>
internal sealed class PeerWatch(string name)
{
    /// <summary>So long a peer may be away before the membership is told: a restart of its process is
    /// shorter.</summary>
    private const int SilentLooks = 3;

    /// <summary>After so long with peers, what the cluster has would have come.</summary>
    private const int SettledLooks = 3;

    /// <summary>Peers that were met: for how many looks they have been away.</summary>
    private readonly SortedDictionary<string, int> _missing = new(StringComparer.Ordinal);
    private ImmutableArray<string> _silent = [];
    private int _settled;

    /// <param name="connected">Names of the peers that are connected now.</param>
    /// <param name="members">Names of the members as they were last heard, this node perhaps among them.</param>
    public PeerLook Look(IReadOnlyCollection<string> connected, IReadOnlyCollection<string> members)
    {
        foreach (string peer in connected)
        {
            _missing[peer] = 0;
        }

        // Who was never met is perhaps only configured wrongly here; the engine knows whether it lives.
        foreach (string peer in _missing.Keys.Except(connected).ToList())
        {
            _missing[peer]++;
            if (!members.Contains(peer))
            {
                _missing.Remove(peer);
            }
        }

        ImmutableArray<string> silent =
            [.. _missing.Where(static one => one.Value >= SilentLooks).Select(static one => one.Key)];
        bool isNews = !silent.SequenceEqual(_silent);
        _silent = silent;
        _settled = connected.Count > 0 ? _settled + 1 : 0;
        return new PeerLook(
            [.. connected.Union(members).Order(StringComparer.Ordinal)], isNews ? silent : null,
            _settled == SettledLooks && IsFirst(connected));
    }

    /// <summary>Of these and this node: what one node does for all is for the first by name.</summary>
    public bool IsFirst(IEnumerable<string> others) => others.All(peer => string.CompareOrdinal(name, peer) < 0);
}

/// <param name="Nodes">Those that limits and counters are shared with. A member that cannot be reached stays among
/// them:
/// it may live on behind a broken network.</param>
/// <param name="Silent">The members that were met and are away, for the membership to judge; null = as before.</param>
/// <param name="OffersTickets">Now is the time, and this the node, to make ticket keys if the cluster has none.</param>
internal sealed record PeerLook(IReadOnlyList<string> Nodes, ImmutableArray<string>? Silent, bool OffersTickets);
