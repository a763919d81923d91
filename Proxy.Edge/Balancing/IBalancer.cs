using Proxy.Edge.Topology;

namespace Proxy.Edge.Balancing;

/// <summary>Chooses among the candidates of a pool. One instance per pool and loop, so it keeps its state without
/// locks. Must not allocate in <see cref="Pick"/>.</summary>
public interface IBalancer
{
    /// <summary>The next member, or null when all candidates are excluded or there is none.</summary>
    /// <param name="candidates">The pool's current list; the same reference as long as nothing changed.</param>
    /// <param name="key">What hashing policies hash; 0 for policies that do not.</param>
    /// <param name="tried">Members already tried for this request; they are not chosen again.</param>
    MemberState? Pick(CandidateList candidates, ulong key, ReadOnlySpan<MemberState> tried);
}

/// <summary>A balancing method by its configuration name, e.g. "round-robin".</summary>
public interface IBalancerFactory
{
    string Name { get; }

    IBalancer Create();
}
