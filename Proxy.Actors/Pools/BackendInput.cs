using Proxy.Actors.Ports;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>What can happen to a member.</summary>
public abstract record BackendInput
{
    private BackendInput()
    {
    }

    /// <summary>A check ended.</summary>
    public sealed record Checked(ProbeResult Result) : BackendInput;

    /// <summary>The cluster's health supervisor has judged: as long as that is fresh, this node's own checks only say
    /// whether an error seen here is over.</summary>
    public sealed record Judged(bool Up, string Reason) : BackendInput;

    /// <summary>The judgement is old: the node's own checks decide again.</summary>
    public sealed record Unjudged : BackendInput;

    /// <summary>A loop reports how an attempt ended.</summary>
    public sealed record Observed(Outcome Outcome, int Status) : BackendInput;

    /// <summary>The name has these addresses, in order of preference.</summary>
    public sealed record Resolved(IReadOnlyList<SocketTarget> Addresses) : BackendInput;

    public sealed record ResolveFailed(string Problem) : BackendInput;

    /// <summary>Configuration or operator changed something.</summary>
    public sealed record Configured(BackendSettings Settings, bool ClearError) : BackendInput;

    /// <summary>Every member that could serve is in error, so errors no longer tell them apart (Apache's
    /// forcerecovery).</summary>
    public sealed record Recover : BackendInput;

    /// <summary>The time named by the last effects has come.</summary>
    public sealed record Timer : BackendInput;
}

/// <summary>What the member's actor does after an input. Order: publish the grant, then report it to the pool, then set
/// the timer; the loops must be able to use a member before a candidate list names it.</summary>
/// <param name="Grant">Null = unchanged.</param>
/// <param name="Wake">When to hand in <see cref="BackendInput.Timer"/>; null = no need.</param>
/// <param name="CheckSoon">A check is wanted before its turn.</param>
public readonly record struct BackendEffects(Grant? Grant, TimeSpan? Wake, bool CheckSoon);
