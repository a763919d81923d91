using Proxy.Actors.Ports;
using Proxy.Actors.Runtime;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>Mail of a <see cref="BackendActor"/>.</summary>
public abstract record BackendMessage
{
    private protected BackendMessage()
    {
    }

    /// <summary>From the pool: settings changed, or errors are to be forgiven.</summary>
    public sealed record Apply(BackendInput Input) : BackendMessage;

    /// <summary>From the cluster's health supervisor.</summary>
    public sealed record Judge(Judgement Judgement) : BackendMessage;

    /// <summary>One check for somebody else.</summary>
    public sealed record Probe(ReplyTo<ProbeResult> Reply) : BackendMessage, IUndeliverable
    {
        public void Undelivered(Exception reason) => Reply.Fail(reason);
    }

    internal sealed record ProbeEnded(ReplyTo<ProbeResult> Reply, Result<ProbeResult> Result) : BackendMessage;

    internal sealed record JudgeTimer : BackendMessage;

    /// <summary>From the loops, by way of the <see cref="ObservationInbox"/>.</summary>
    internal sealed record Observed(ObservationLine Line, Outcome Outcome, int Status) : BackendMessage;

    internal sealed record MachineTimer : BackendMessage;

    internal sealed record CheckTimer : BackendMessage;

    internal sealed record CheckEnded(Result<ProbeResult> Result) : BackendMessage;

    internal sealed record LookupTimer : BackendMessage;

    internal sealed record LookupEnded(Result<NameAnswer> Result) : BackendMessage;
}
