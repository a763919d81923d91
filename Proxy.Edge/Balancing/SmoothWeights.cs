using Proxy.Edge.Topology;

namespace Proxy.Edge.Balancing;

/// <summary>The memory of smooth weighted round-robin: one running number per candidate. A choice adds to every number its
/// member's weight and takes the sum of those weights from the chosen one, so the total never changes. Owned by one
/// balancer, hence by one loop.</summary>
internal sealed class SmoothWeights
{
    private CandidateList _list = CandidateList.Empty;
    private long[] _current = [];
    private long[] _previous = [];

    /// <summary>The running numbers, in the order of the list last given to <see cref="Follow"/>.</summary>
    public Span<long> Current => _current.AsSpan(0, _list.Count);

    /// <summary>Carries the numbers over to another list by member identity. Allocates only when the list grew.</summary>
    public void Follow(CandidateList list)
    {
        if (!ReferenceEquals(_list, list))
        {
            CarryOver(list);
        }
    }

    private void CarryOver(CandidateList list)
    {
        CandidateList old = _list;
        (_previous, _current) = (_current, _previous);
        if (_current.Length < list.Count)
        {
            _current = new long[list.Count];
        }

        _list = list;
        int cursor = 0;
        long total = 0;
        foreach (int weight in list.Weights)
        {
            total += weight;
        }

        for (int i = 0; i < list.Count; i++)
        {
            int at = IndexFrom(old.Members, list.Members[i], cursor);
            // A number larger than one full turn stems from heavier weights of the past and would starve or flood its member.
            _current[i] = at < 0 ? 0 : Math.Clamp(_previous[at], -total, total);
            cursor = at < 0 ? cursor : at + 1;
        }

        Centre(Current);
    }

    /// <summary>Members that left took their numbers with them; without this the rest would drift away from the zero at
    /// which newcomers start, and a newcomer would get a burst or nothing.</summary>
    private static void Centre(Span<long> numbers)
    {
        long sum = 0;
        foreach (long number in numbers)
        {
            sum += number;
        }

        long remaining = numbers.Length;
        foreach (ref long number in numbers)
        {
            long share = sum / remaining;
            number -= share;
            sum -= share;
            remaining--;
        }
    }

    /// <summary>Both lists follow the order of configuration, so searching on from the last hit is linear over all.</summary>
    private static int IndexFrom(MemberState[] members, MemberState wanted, int start)
    {
        for (int i = 0; i < members.Length; i++)
        {
            int at = start + i < members.Length ? start + i : start + i - members.Length;
            if (ReferenceEquals(members[at], wanted))
            {
                return at;
            }
        }

        return -1;
    }
}
