using System.Net;
using Proxy.Cluster.Peers.Mesh;

namespace Proxy.Cluster.Peers;

/// <summary>What the mesh of one node is made with.</summary>
internal sealed record PeerSettings
{
    /// <summary>Five seconds of 50 000 a second; 10 MiB.</summary>
    public const int DefaultJournalEntries = 262_144;

    public required PeerIdentity Identity { get; init; }

    /// <summary>Where peers call; port 0 takes a free one.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Null: not encrypted, and whoever reaches the port is believed.</summary>
    public PeerTlsFiles? Tls { get; init; }

    public MeshOptions Mesh { get; init; } = new();

    public int AffinityEntries { get; init; } = 1_000_000;

    public int CounterEntries { get; init; } = 262_144;

    /// <summary>How many own writes a peer may miss and still go on without a snapshot. A power of two.</summary>
    public int JournalEntries { get; init; } = DefaultJournalEntries;
}

/// <summary>PEM files, read again for every connection, so that replacing them needs no restart.</summary>
/// <param name="Certificate">The node's own, then those between it and the authority. It carries the node's name as a
/// DNS name or common name, for servers and for clients.</param>
/// <param name="Authorities">Who may sign certificates of this cluster's nodes.</param>
internal sealed record PeerTlsFiles(string Certificate, string Key, string Authorities);
