using Proxy.Edge.Topology;

namespace Proxy.Actors.Config;

/// <summary>What real requests say about a member. Failed connections, time-outs and broken responses always
/// count.</summary>
public sealed record PassiveHealthConfig
{
    /// <summary>Failures within <see cref="Window"/> that take a member out; 0 = requests never take it out.</summary>
    public int Failures { get; init; } = 5;

    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Statuses that count as failures as well; null = none. The response is delivered all the same.</summary>
    public StatusSet? Statuses { get; init; }

    /// <summary>How long the member stays out before a request may try it again. With active checks, a passing check
    /// brings it back earlier.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromSeconds(10);
}
