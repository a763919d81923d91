using Proxy.Cluster.Peers.Codec;
using Proxy.Cluster.Peers.Session;

namespace Proxy.Cluster.Peers.Mesh;

/// <summary>How much this node has of what each peer wrote, kept over lost connections. Under the mesh's
/// lock.</summary>
internal sealed class PeerMemory(int capacity)
{
    private readonly Dictionary<string, Resume> _peers = new(StringComparer.Ordinal);

    /// <summary>A whole snapshot has come, or nothing was there to come.</summary>
    public bool HasSnapshot { get; set; }

    /// <summary>What to tell a peer that was just met.</summary>
    /// <param name="snapshotComing">Somebody else is sending one.</param>
    public Resume For(Hello peer, IEnumerable<byte> tables, bool snapshotComing)
    {
        if (_peers.TryGetValue(peer.Node, out Resume? known) && known.Incarnation == peer.Incarnation)
        {
            return known;
        }

        long from = HasSnapshot || snapshotComing ? TableCursor.TailOnly : TableCursor.Snapshot;
        return new Resume(peer.Incarnation, [.. tables.Select(table => new TableCursor(table, from))]);
    }

    /// <summary>Only cursors that are certain are kept: without all of them the peer begins anew.</summary>
    public void Keep(Hello peer, TableReceiver[] receivers)
    {
        if (receivers.Any(static receiver => receiver.Cursor < 0 || receiver.AwaitsSnapshot))
        {
            return;
        }

        if (_peers.Count >= capacity && !_peers.ContainsKey(peer.Node))
        {
            _peers.Remove(_peers.Keys.First());
        }

        _peers[peer.Node] = new Resume(
            peer.Incarnation,
            [.. receivers.Select(static receiver => new TableCursor(receiver.Table, receiver.Cursor))]);
    }
}
