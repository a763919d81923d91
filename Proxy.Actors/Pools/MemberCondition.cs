namespace Proxy.Actors.Pools;

/// <summary>Everything that keeps a member from traffic or changes its part, each bit on its own. The letters are Apache's.</summary>
[Flags]
public enum MemberCondition
{
    None = 0,

    /// <summary>D: disabled.</summary>
    Disabled = 1,

    /// <summary>S: stopped; not checked either.</summary>
    Stopped = 2,

    /// <summary>N, or weight 0: sticky requests only.</summary>
    Draining = 4,

    /// <summary>E: requests failed. Ends by time, by a passing check or by forced recovery.</summary>
    Error = 8,

    /// <summary>C: health checks failed. Only a passing check ends it.</summary>
    CheckFailed = 16,

    /// <summary>Its name has never resolved.</summary>
    Unresolved = 32,
}
