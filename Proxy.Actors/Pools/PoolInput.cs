using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>A member's place in its pool.</summary>
public readonly record struct PoolPlace(MemberState Member, int Set, MemberRole Role);

/// <summary>What can happen to a pool.</summary>
public abstract record PoolInput
{
    private PoolInput()
    {
    }

    /// <summary>New members or places, in order of configuration. The loops may still be on the configuration before.</summary>
    public sealed record Configured(IReadOnlyList<PoolPlace> Places) : PoolInput;

    /// <summary>Every loop has taken over the last configuration.</summary>
    public sealed record Settled : PoolInput;

    public sealed record Reported(BackendReport Report) : PoolInput;
}

/// <summary>What the pool's actor does after an input. Order: publish the candidates, then stop who is gone: no loop may find a
/// member in the list whose actor no longer looks after it.</summary>
/// <param name="Candidates">Null = unchanged.</param>
/// <param name="Recover">Members whose error is to be forgiven because everybody who could serve is in error.</param>
/// <param name="Gone">Members no configuration names any more.</param>
public readonly record struct PoolEffects(
    CandidateList? Candidates, IReadOnlyList<MemberState> Recover, IReadOnlyList<MemberState> Gone);
