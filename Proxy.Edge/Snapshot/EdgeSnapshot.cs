namespace Proxy.Edge.Snapshot;

/// <summary>Everything a loop needs to know, as one immutable value that the control plane publishes. An exchange keeps
/// the snapshot it started with. Plans that did not change keep their reference from one snapshot to the next, so that
/// what hangs on them (balancer state, idle connections) stays.</summary>
public sealed class EdgeSnapshot
{
    public static readonly EdgeSnapshot Empty = new() { Revision = 0, Listeners = [], Routes = [], Pools = [] };

    /// <summary>Number of the configuration revision, from 1.</summary>
    public required long Revision { get; init; }

    public required IReadOnlyList<ListenerPlan> Listeners { get; init; }

    /// <summary>In order of configuration; <see cref="RoutePlan.Index"/> is the position.</summary>
    public required IReadOnlyList<RoutePlan> Routes { get; init; }

    public required IReadOnlyList<PoolPlan> Pools { get; init; }
}
