namespace Proxy.Edge.Topology;

/// <summary>Members a new request may go to, chosen by the pool's actor: sets, spares and standbys are already
/// resolved, closed and draining members left out. Immutable.</summary>
/// <param name="Epoch">Grows with every list of the pool.</param>
public sealed record CandidateList(long Epoch, MemberState[] Members, int[] Weights)
{
    public static readonly CandidateList Empty = new(0, [], []);

    public int Count => Members.Length;
}

/// <summary>The live side of a pool; outlives configuration revisions as long as the pool's name stays.</summary>
public sealed class PoolState(string name)
{
    private CandidateList _candidates = CandidateList.Empty;

    public string Name { get; } = name;

    /// <summary>Exchanges that wait for a member with a free slot.</summary>
    public SlotWaiters Waiters { get; } = new();

    /// <summary>Never null. Any thread may read; only the pool's actor sets it.</summary>
    public CandidateList Candidates
    {
        get => Volatile.Read(ref _candidates);
        set => Volatile.Write(ref _candidates, value);
    }
}
