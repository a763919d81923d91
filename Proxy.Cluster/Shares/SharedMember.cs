using Proxy.Edge.Topology;

namespace Proxy.Cluster.Shares;

/// <summary>A member whose slots all nodes share, as this node sees it.</summary>
/// <param name="Limit">Slots of the whole cluster.</param>
internal sealed record SharedMember(MemberState State, PoolState Pool, int Limit)
{
    /// <summary>The same on all nodes.</summary>
    public ulong Id { get; } = NumberOf(State.Id.ToString());

    /// <summary>Slots this node could use now. Requests that wait for any member of the pool count for each.</summary>
    public int Want => State.SlotsInUse + Pool.Waiters.Count;

    // FNV-1a with a final mix: names that differ in a letter differ in every bit.
    private static ulong NumberOf(string name)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (char letter in name)
        {
            hash = (hash ^ letter) * 0x100000001B3;
        }

        hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93;
        return hash ^ (hash >> 32);
    }
}
