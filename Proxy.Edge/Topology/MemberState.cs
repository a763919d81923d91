namespace Proxy.Edge.Topology;

/// <summary>The live side of a member: identity, current grant and counters. It outlives configuration revisions as
/// long as pool, name and URL stay the same, so idle connections, counters and health survive a reload.</summary>
public sealed class MemberState
{
    private readonly MemberCounters[] _perLoop;
    private Grant _grant = Grant.None;
    private int _slotsInUse;

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

    /// <summary>Takes one of <paramref name="limit"/> slots shared by all loops. An interlocked operation, so it is
    /// used only for members with max-connections set.</summary>
    public bool TryTakeSlot(int limit)
    {
        if (Interlocked.Increment(ref _slotsInUse) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref _slotsInUse);
        return false;
    }

    public void ReturnSlot() => Interlocked.Decrement(ref _slotsInUse);

    public override string ToString() => Id.ToString();
}
