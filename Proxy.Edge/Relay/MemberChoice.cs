using Proxy.Edge.Affinity;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;
using Proxy.Edge.Upstream;

namespace Proxy.Edge.Relay;

/// <summary>How choosing a member ended.</summary>
internal enum ChoiceResult : byte
{
    Chosen,

    /// <summary>Nobody may take the request.</summary>
    Nobody,

    /// <summary>Somebody might, but has no free slot.</summary>
    Full,
}

/// <summary>Steps 7 and 8 for one exchange: which member gets the request, which were tried already, and whether a
/// slot of max-connections is held. Part of a recycled exchange; loop thread only; allocates nothing.</summary>
internal sealed class MemberChoice(ISlotQueue slots)
{
    /// <summary>Members one exchange looks at; larger pools are not searched to the end by a single unlucky
    /// request.</summary>
    private const int MaxTried = 64;

    private readonly MemberState[] _tried = new MemberState[MaxTried];
    private int _triedCount;
    private bool _slotTaken;
    private bool _sawFull;

    /// <summary>What is chosen from; null before the first choice.</summary>
    public LoopPool? Pool { get; private set; }

    /// <summary>The member in use; null before the first choice.</summary>
    public LoopMember? Member { get; private set; }

    /// <summary>The member the client is bound to, as far as it may serve; null when there is none.</summary>
    public MemberState? Bound { get; private set; }

    /// <summary>The response should tell the client where it belongs from now on.</summary>
    private bool IssuesToken { get; set; }

    public ChoiceResult Choose(LoopPool pool, in AffinityRequest request)
    {
        Pool = pool;
        AffinityBond bond = Find(pool, request);                                                // 7
        MemberState? named = bond.Member;
        Bound = named is not null && named.Grant.State != GrantState.Closed && !WasTried(named) ? named : null;
        if (Bound is null && named is not null && pool.Plan.NoFailover)
        {
            return ChoiceResult.Nobody;
        }

        int before = _triedCount;
        _sawFull = false;
        ChoiceResult result = Pick(pool, request, bond);
        // Members that are merely full, or not known to this loop yet, count as tried only while choosing.
        Array.Clear(_tried, before, _triedCount - before);
        _triedCount = before;
        return result;
    }

    /// <summary>Takes a member whose slot was waited for; false when this loop's revision does not know it.</summary>
    public bool Take(LoopPool pool, MemberState granted, in AffinityRequest request)
    {
        Pool = pool;
        if (!pool.TryFind(granted, out LoopMember? member))
        {
            Return(granted);
            return false;
        }

        _slotTaken = true;
        Use(pool, member, request, Find(pool, request));
        return true;
    }

    /// <summary>The attempt at the member is over; its slot goes back.</summary>
    public void Release()
    {
        if (_slotTaken)
        {
            _slotTaken = false;
            Return(Member!.State);
        }
    }

    /// <summary>The member in use failed and is not chosen again for this request; false when too many did.</summary>
    public bool Exclude() => Remember(Member!.State);

    public void Reset()
    {
        Array.Clear(_tried, 0, _triedCount);
        _triedCount = 0;
        _slotTaken = IssuesToken = false;
        Pool = null;
        Member = null;
        Bound = null;
    }

    /// <summary>The line that tells the client where it belongs, if it is to be told; its length.</summary>
    public int WriteToken(MemberState member, bool secure, Span<byte> lines) =>
        IssuesToken ? Pool!.Plan.Affinity!.WriteToken(member, secure, lines) : 0;

    /// <summary>Gives a slot back that came from the queue.</summary>
    public void Return(MemberState member)
    {
        // The order matters, see SlotWaiters.
        member.ReturnSlot();
        PoolPlan pool = Pool!.Plan;
        if (pool.State.Waiters.Any)
        {
            slots.Released(pool.Name, member);
        }
    }

    private static AffinityBond Find(LoopPool pool, in AffinityRequest request) =>
        pool.Plan.Affinity is { } affinity ? affinity.Find(request) : default;

    private ChoiceResult Pick(LoopPool pool, in AffinityRequest request, in AffinityBond bond)
    {
        MemberState? chosen = Bound;
        while (true)
        {
            chosen ??= pool.Balancer.Pick(pool.Plan.State.Candidates, 0, _tried.AsSpan(0, _triedCount)); // 8
            if (chosen is null)
            {
                return _sawFull ? ChoiceResult.Full : ChoiceResult.Nobody;
            }

            if (pool.TryFind(chosen, out LoopMember? member) && TryTakeSlot(pool, member))
            {
                Use(pool, member, request, bond);
                return ChoiceResult.Chosen;
            }

            // A bound client waits for its own member rather than losing its session.
            if ((_sawFull && ReferenceEquals(chosen, Bound)) || !Remember(chosen))
            {
                return _sawFull ? ChoiceResult.Full : ChoiceResult.Nobody;
            }

            chosen = null;
        }
    }

    private void Use(LoopPool pool, LoopMember member, in AffinityRequest request, in AffinityBond bond)
    {
        Member = member;
        if (pool.Plan.Affinity is not { } affinity)
        {
            return;
        }

        IssuesToken = affinity.Issues && !ReferenceEquals(bond.Token, member.State);
        if (!ReferenceEquals(bond.Member, member.State))
        {
            affinity.Chosen(request, member.State);
        }
    }

    private bool TryTakeSlot(LoopPool pool, LoopMember member)
    {
        int limit = member.Plan.MaxConnections;
        // Whoever waits was there first.
        _slotTaken = limit > 0 && !pool.Plan.State.Waiters.Any && member.State.TryTakeSlot(limit);
        _sawFull |= limit > 0 && !_slotTaken;
        return limit == 0 || _slotTaken;
    }

    private bool WasTried(MemberState member) => _tried.AsSpan(0, _triedCount).Contains(member);

    private bool Remember(MemberState member)
    {
        if (_triedCount == MaxTried)
        {
            return false;
        }

        _tried[_triedCount++] = member;
        return true;
    }
}
