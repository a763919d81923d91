using Proxy.Actors.Runtime;
using Proxy.Cluster.Peers.Codec;
using Proxy.Cluster.Peers.Session;

namespace Proxy.Cluster.Peers.Mesh;

/// <summary>Whom to call and when: every target that no connection reaches, after a pause that doubles and is never the
/// same for two nodes. Under the mesh's lock.</summary>
internal sealed class DialBook(PeerIdentity self, MeshOptions options, IRandom random)
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    public void Replace(IReadOnlyList<PeerTarget> targets, long now)
    {
        HashSet<string> wanted = [.. targets.Select(static target => target.Address)];
        foreach (string address in _entries.Keys.Where(address => !wanted.Contains(address)).ToList())
        {
            _entries.Remove(address);
        }

        foreach (PeerTarget target in targets.Where(target => target.Node != self.Node))
        {
            if (!_entries.TryGetValue(target.Address, out Entry? entry) || entry.Target != target)
            {
                _entries[target.Address] = new Entry(target) { Next = now + FirstPause(target) };
            }
        }
    }

    /// <summary>Targets whose time has come and that <paramref name="isReached"/> does not know.</summary>
    public IEnumerable<PeerTarget> Due(long now, Func<string, bool> isReached)
    {
        foreach (Entry entry in _entries.Values)
        {
            if (!entry.IsSelf && !entry.Dialing && entry.Next <= now
                && !(entry.Node is { } node && isReached(node)))
            {
                entry.Dialing = true;
                yield return entry.Target;
            }
        }
    }

    /// <summary>Who should answer on a connection that this node opened.</summary>
    public string? ExpectedAt(PeerSession session) =>
        session.Dialed && _entries.TryGetValue(session.Address, out Entry? entry) ? entry.Target.Node : null;

    /// <summary>Somebody answered there; the name is remembered, as a seed has none.</summary>
    public void Answered(string address, string node)
    {
        if (_entries.TryGetValue(address, out Entry? entry))
        {
            entry.Node = node;
            entry.Failures = 0;
        }
    }

    /// <summary>The attempt, or the connection it led to, is over.</summary>
    public void Ended(string address, GoodbyeReason? reason, long now)
    {
        if (!_entries.TryGetValue(address, out Entry? entry))
        {
            return;
        }

        entry.Dialing = false;
        entry.IsSelf |= reason == GoodbyeReason.Self;
        // Whoever was refused will be refused again: no hurry.
        entry.Failures = reason is GoodbyeReason.WrongCluster or GoodbyeReason.Version or GoodbyeReason.Identity
            or GoodbyeReason.NameTaken ? 16 : entry.Failures + 1;
        double pause = Math.Min(
            options.MaxBackoff.TotalMilliseconds,
            options.MinBackoff.TotalMilliseconds * Math.Pow(2, Math.Min(entry.Failures - 1, 16)));
        entry.Next = now + (long)(pause * (0.5 + (random.NextDouble() / 2)));
    }

    /// <summary>Two nodes that call each other at once make a connection too many: the one with the smaller name goes
    /// first.</summary>
    private long FirstPause(PeerTarget target) =>
        target.Node is { } node && string.CompareOrdinal(self.Node, node) > 0
            ? (long)options.MinBackoff.TotalMilliseconds * 3
            : 0;

    private sealed class Entry(PeerTarget target)
    {
        public PeerTarget Target { get; } = target;

        public string? Node { get; set; } = target.Node;

        public bool Dialing { get; set; }

        public bool IsSelf { get; set; }

        public int Failures { get; set; }

        public long Next { get; set; }
    }
}
