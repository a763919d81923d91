using Proxy.Edge.Topology;

namespace Proxy.Edge.Balancing;

/// <summary>The member with the fewest requests in flight for its weight, counted over all loops; equals take turns by smooth
/// weighted round-robin. Compared is (in flight + 1) / weight: the load the member would have with this request, so that
/// idle members of different weight are not equals.</summary>
internal sealed class LeastRequests : IBalancer
{
    public const string Name = "least-requests";

    private readonly SmoothWeights _weights = new();

    // Load of each candidate as read in this pick, or Excluded; one reading per pick, for other loops keep counting.
    private long[] _load = [];

    private const long Excluded = -1;

    public MemberState? Pick(CandidateList candidates, ulong key, ReadOnlySpan<MemberState> tried)
    {
        _weights.Follow(candidates);
        if (_load.Length < candidates.Count)
        {
            _load = new long[candidates.Count];
        }

        int least = ReadLoads(candidates, tried);
        return least < 0 ? null : TakeTurn(candidates, least);
    }

    private int ReadLoads(CandidateList candidates, ReadOnlySpan<MemberState> tried)
    {
        int least = -1;
        int[] weights = candidates.Weights;
        for (int i = 0; i < candidates.Count; i++)
        {
            MemberState member = candidates.Members[i];
            if (weights[i] <= 0 || (!tried.IsEmpty && Tried.Contains(tried, member)))
            {
                _load[i] = Excluded;
                continue;
            }

            // The sum is racy and may dip below zero for a moment.
            _load[i] = Math.Max(0, member.InFlight) + 1L;
            if (least < 0 || _load[i] * weights[least] < _load[least] * weights[i])
            {
                least = i;
            }
        }

        return least;
    }

    /// <summary>Round-robin among the equals only: members passed over because they are busy must not save up turns.</summary>
    private MemberState TakeTurn(CandidateList candidates, int least)
    {
        Span<long> current = _weights.Current;
        int[] weights = candidates.Weights;
        int best = -1;
        long total = 0;
        for (int i = 0; i < candidates.Count; i++)
        {
            if (_load[i] == Excluded || _load[i] * weights[least] != _load[least] * weights[i])
            {
                continue;
            }

            total += weights[i];
            current[i] += weights[i];
            if (best < 0 || current[i] > current[best])
            {
                best = i;
            }
        }

        current[best] -= total;
        return candidates.Members[best];
    }
}
