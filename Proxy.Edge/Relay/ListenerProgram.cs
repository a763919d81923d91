using Proxy.Edge.Rewriting;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;

namespace Proxy.Edge.Relay;

/// <summary>A listener as one loop runs it under one revision: its plan with everything compiled. Immutable once
/// built; an exchange keeps the program it began with.</summary>
public sealed class ListenerProgram
{
    public required ListenerPlan Plan { get; init; }

    /// <summary>Position in the snapshot, for counters.</summary>
    public required int Index { get; init; }

    public required SnapshotMetrics Metrics { get; init; }

    public required ForwardingFields Forwarding { get; init; }

    public required ViaLoop Loop { get; init; }

    /// <summary>Position in the listener's route table → program.</summary>
    public required RouteProgram[] Routes { get; init; }

    public required AccessLogChannel? AccessLog { get; init; }

    public required byte[] Name { get; init; }

    /// <summary>Complete lines that every response of this listener carries: Strict-Transport-Security.</summary>
    public byte[] ResponseLines { get; init; } = [];

    public bool LogsAccess => AccessLog is not null;

    public bool TakesEarlyData => Plan.Tls is { EarlyData: true };
}
