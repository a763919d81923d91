using Proxy.Edge.Topology;

namespace Proxy.Edge.Balancing;

/// <summary>Smooth weighted round-robin: shares follow the weights and turns are spread evenly (5/1/1 gives a a b a c a a).
/// The same order as Apache's byrequests and nginx's default.</summary>
internal sealed class RoundRobin : IBalancer
{
    public const string Name = "round-robin";

    private readonly SmoothWeights _weights = new();

    /// <summary>The running numbers, for tests of the invariant.</summary>
    internal ReadOnlySpan<long> Numbers => _weights.Current;

    public MemberState? Pick(CandidateList candidates, ulong key, ReadOnlySpan<MemberState> tried)
    {
        _weights.Follow(candidates);
        Span<long> current = _weights.Current;
        MemberState[] members = candidates.Members;
        int[] weights = candidates.Weights;
        int best = -1;
        long total = 0;
        for (int i = 0; i < current.Length; i++)
        {
            int weight = weights[i];
            if (weight <= 0 || (!tried.IsEmpty && Tried.Contains(tried, members[i])))
            {
                continue;
            }

            total += weight;
            current[i] += weight;
            if (best < 0 || current[i] > current[best])
            {
                best = i;
            }
        }

        if (best < 0)
        {
            return null;
        }

        current[best] -= total;
        return members[best];
    }
}
