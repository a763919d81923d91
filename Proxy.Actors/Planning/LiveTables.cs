using Proxy.Edge.Limits;
using Proxy.Edge.Replication;

namespace Proxy.Actors.Planning;

/// <summary>What a node remembers of clients, in a form that nodes can share: under keyed hashes.</summary>
/// <param name="Hash">Of the cluster's key, so that all nodes come to the same numbers; of a random one on a node
/// alone.</param>
/// <param name="Limits">The node's way to the owners of rate limits.</param>
public sealed record LiveTables(EntryHash Hash, LimitShares Limits)
{
    /// <summary>For a node without others.</summary>
    public static LiveTables Alone(ReadOnlySpan<byte> key) =>
        new(new EntryHash(key), new LimitShares(new NoLimitDesk()));
}
