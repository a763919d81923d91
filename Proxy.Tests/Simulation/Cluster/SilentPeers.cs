using System.Collections.Immutable;

namespace Proxy.Tests.Simulation.Cluster;

/// <summary>Which members were met on the peer streams and have been away for some looks since.</summary>
internal sealed class SilentPeers
{
    private const int LooksAway = 3;

    private readonly SortedDictionary<string, int> _missing = new(StringComparer.Ordinal);
    private ImmutableArray<string> _told = [];

    /// <summary>Those to tell the membership; null when nothing changed.</summary>
    public ImmutableArray<string>? Look(IReadOnlyCollection<string> connected, IReadOnlyCollection<string> members)
    {
        foreach (string name in connected)
        {
            _missing[name] = 0;
        }

        foreach (string name in _missing.Keys.Except(connected).ToList())
        {
            _missing[name]++;
            if (!members.Contains(name))
            {
                _missing.Remove(name);
            }
        }

        ImmutableArray<string> silent =
            [.. _missing.Where(static one => one.Value >= LooksAway).Select(static one => one.Key)];
        if (silent.SequenceEqual(_told))
        {
            return null;
        }

        _told = silent;
        return silent;
    }
}
