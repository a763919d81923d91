namespace Proxy.Actors.Config;

/// <summary>What an operator says about a member. The letters are those of Apache's status parameter.</summary>
[Flags]
public enum MemberFlags
{
    /// <summary>"ready".</summary>
    None = 0,

    /// <summary>D: takes nothing; health checks go on.</summary>
    Disabled = 1,

    /// <summary>S, "maint": takes nothing and is not checked.</summary>
    Stopped = 2,

    /// <summary>N, "drain": only requests whose affinity names it.</summary>
    Drain = 4,

    /// <summary>I: failures of requests do not take it out.</summary>
    IgnoreErrors = 8,

    /// <summary>R: as <c>role = spare</c>.</summary>
    Spare = 16,

    /// <summary>H: as <c>role = standby</c>.</summary>
    Standby = 32,
}
