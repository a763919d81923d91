namespace Proxy.Edge.Topology;

/// <summary>The live side of a member: identity, current grant and counters. It outlives configuration revisions as
/// long as pool, name and URL stay the same, so idle connections, counters and health survive a reload.</summary>
public sealed class MemberState
{
    private readonly MemberCounters[] _perLoop;
    private Grant _grant = Grant.None;
    private int _slotsInUse;
    private int _slotShare = int.MaxValue;

    public MemberState(MemberId id, string url, int loops)
    {
        Id = id;
        Url = url;
        _perLoop = new MemberCounters[loops];
        for (int i = 0; i < loops; i++)
        {
            _perLoop[i] = new MemberCounters();
        }
    }

    public MemberId Id { get; }

    /// <summary>The configured URL, scheme://host:port or unix:/path.</summary>
    public string Url { get; }

    /// <summary>Never null. Any thread may read; only the member's actor sets it.</summary>
    public Grant Grant
    {
        get => Volatile.Read(ref _grant);
        set => Volatile.Write(ref _grant, value);
    }

    /// <summary>Counters of one loop; only that loop writes them.</summary>
    public MemberCounters Counters(int loop) => _perLoop[loop];

    public int LoopCount => _perLoop.Length;

    /// <summary>Requests in flight over all loops; a racy sum, good enough to compare members.</summary>
    public int InFlight
    {
        get
        {
            int sum = 0;
            foreach (MemberCounters counters in _perLoop)
            {
                sum += Volatile.Read(ref counters.InFlight);
            }

            return sum;
        }
    }

    /// <summary>Slots taken now, over all loops.</summary>
    public int SlotsInUse => Volatile.Read(ref _slotsInUse);

    /// <summary>This node's part of the slots that the member has for the whole cluster; any thread may read, only the
    /// node's shares set it. What is above it already stays until it is returned.</summary>
    public int SlotShare
    {
        get => Volatile.Read(ref _slotShare);
        set => Volatile.Write(ref _slotShare, value);
    }

    /// <summary>Takes one of <paramref name="limit"/> slots shared by all loops. An interlocked operation, so it is
    /// used only for members with max-connections set.</summary>
    public bool TryTakeSlot(int limit)
    {
        if (Interlocked.Increment(ref _slotsInUse) <= Math.Min(limit, SlotShare))
        {
            return true;
        }

        Interlocked.Decrement(ref _slotsInUse);
        return false;
    }

    public void ReturnSlot() => Interlocked.Decrement(ref _slotsInUse);

    public override string ToString() => Id.ToString();
}
