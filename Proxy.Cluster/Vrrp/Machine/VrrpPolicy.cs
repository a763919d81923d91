namespace Proxy.Cluster.Vrrp.Machine;

/// <summary>How an instance behaves, apart from what it sends and accepts. All times in microseconds.</summary>
internal sealed record VrrpPolicy
{
    public const byte Owner = 255;

    /// <summary>1 to 254; 255 only for the router whose own address the virtual one is.</summary>
    public byte Priority { get; init; } = 100;

    /// <summary>Whether to take over from a living master of lower priority.</summary>
    public bool Preempt { get; init; } = true;

    /// <summary>How long a master of lower priority is tolerated first.</summary>
    public long PreemptDelay { get; init; }

    /// <summary>How long this router stays away after it resigned by request.</summary>
    public long ResignHold { get; init; } = 5_000_000;

    /// <summary>Adverts that must be missing before a master counts as dead (RFC 5798 6.1: three).</summary>
    public int DownAdverts { get; init; } = 3;

    /// <summary>After a hint or a resignation, candidates wait this long for each point of priority they lack to 256,
    /// so that the best goes first: 4 ms for the last. Two that go together find out by their first adverts.</summary>
    public long HintStep { get; init; } = 16;

    /// <summary>A timer that fires this much late says that this router was stopped for a moment.</summary>
    public long Punctual { get; init; } = 500;

    /// <summary>How long a living master may take to be heard: one that a hint calls dead to answer a probe, one that
    /// was stopped together with this router to go on.</summary>
    public long ProbeWait { get; init; } = 2_000;

    public AnnouncementSchedule Announcements { get; init; } = new();

    /// <summary>Everything that is wrong, in words for an operator; empty when nothing is.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (Priority == 0)
        {
            problems.Add("priority 0 means \"resigned\" on the wire; accepted: 1 to 255");
        }

        if (DownAdverts is < 1 or > 100)
        {
            problems.Add("the number of missing adverts must be 1 to 100");
        }

        if (PreemptDelay is < 0 or > 1_000_000_000)
        {
            problems.Add("the preempt delay must be 0 s to 1000 s");
        }

        return problems;
    }
}

/// <summary>When the network is told (again) where the addresses are; microseconds. One packet may get lost, and a
/// switch or a client may learn late: so it is said again soon, a few times, and then slowly for ever.</summary>
internal sealed record AnnouncementSchedule
{
    public long FirstRepeat { get; init; } = 50_000;

    /// <summary>Between two announcements, however often the reason arises.</summary>
    public long LeastGap { get; init; } = 10_000;

    public long RepeatEvery { get; init; } = 100_000;

    public int Repeats { get; init; } = 5;

    /// <summary>0 = never.</summary>
    public long RefreshEvery { get; init; } = 10_000_000;
}
