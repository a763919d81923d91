using Proxy.Edge.Limits;
using Proxy.Edge.Replication;

namespace Proxy.Actors.Planning;

/// <summary>What a node remembers of clients, in a form that nodes can share: under keyed hashes.</summary>
/// <param name="Hash">Of the cluster's key, so that all nodes come to the same numbers; of a random one on a node
/// alone.</param>
/// <param name="Limits">The node's way to the owners of rate limits.</param>
/// <param name="Sessions">Which member sessions and addresses belong to.</param>
public sealed record LiveTables(EntryHash Hash, LimitShares Limits, Replica Sessions)
{
    /// <summary>Number of the table of sessions on the wire.</summary>
    public const byte SessionsId = 1;

    /// <summary>Writes of the recent past, for peers that were away for a moment. A node alone has none.</summary>
    private const int JournalEntries = 1024;

    /// <summary>For a node without others.</summary>
    public static LiveTables Alone(ReadOnlySpan<byte> key, int maxSessions = 1024) => new(
        new EntryHash(key),
        new LimitShares(new NoLimitDesk()),
        new Replica(
            SessionsId, NodeTag.Of(""), new HybridClock(TimeSpan.FromSeconds(1)), new ReplicaTable(maxSessions),
            new WriteJournal(JournalEntries, new WriteSignal())));
}
