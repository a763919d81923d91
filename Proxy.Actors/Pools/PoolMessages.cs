using Proxy.Actors.Ports;
using Proxy.Actors.Runtime;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>Mail of a <see cref="PoolActor"/>.</summary>
public abstract record PoolMessage
{
    private protected PoolMessage()
    {
    }

    /// <summary>A new configuration. Answered when every member has a grant and its name was looked up once, or when
    /// the time for that is over. Until <see cref="Settled"/> members of the configuration before stay.</summary>
    public sealed record Configure(PoolSettings Settings, ReplyTo<PoolReady> Reply) : PoolMessage, IUndeliverable
    {
        public void Undelivered(Exception reason) => Reply.Fail(reason);
    }

    /// <summary>All loops run on the last configuration: whoever it does not name may go.</summary>
    public sealed record Settled : PoolMessage;

    /// <summary>An operator's order for one member.</summary>
    public sealed record Order(string Member, MemberCommand Command, ReplyTo<OrderAnswer> Reply)
        : PoolMessage, IUndeliverable
    {
        public void Undelivered(Exception reason) => Reply.Fail(reason);
    }

    /// <summary>A loop found no free slot. The answer names a member and comes with a slot of it taken, which the loop
    /// gives back with <see cref="MemberState.ReturnSlot"/> as usual, also when it has no more use for it.</summary>
    /// <param name="Only">The member the request is bound to; null = any candidate.</param>
    /// <param name="Wait">How long the exchange may wait.</param>
    public sealed record AcquireSlot(ReplyTo<SlotAnswer> Reply, MemberState? Only, TimeSpan Wait)
        : PoolMessage, IUndeliverable
    {
        public void Undelivered(Exception reason) => Reply.Fail(reason);
    }

    /// <summary>A loop gave a slot back while <see cref="SlotWaiters.Any"/> was true.</summary>
    public sealed record SlotReleased(MemberState Member) : PoolMessage;

    /// <summary>What the cluster's health supervisor says of a member.</summary>
    public sealed record Judge(string Member, Judgement Judgement) : PoolMessage;

    /// <summary>One check of a member from this node, outside of its schedule. Fails when there is no such member, or
    /// nothing to check it by.</summary>
    public sealed record Probe(string Member, ReplyTo<ProbeResult> Reply) : PoolMessage, IUndeliverable
    {
        public void Undelivered(Exception reason) => Reply.Fail(reason);
    }

    internal sealed record Reported(BackendReport Report) : PoolMessage;

    internal sealed record ReadyTimer : PoolMessage;

    internal sealed record QueueTimer : PoolMessage;
}

/// <summary>A pool has taken over its configuration.</summary>
/// <param name="Unsettled">Members whose names had not been looked up in time.</param>
public sealed record PoolReady(IReadOnlyList<string> Unsettled);

/// <param name="FreshFor">After that the node checks for itself.</param>
public readonly record struct Judgement(bool Up, string Reason, TimeSpan FreshFor);

/// <summary>Problem is null when the order was carried out.</summary>
public sealed record OrderAnswer(string? Problem);

/// <summary>Why there is no slot.</summary>
public enum SlotRefusal
{
    None,

    /// <summary>Nobody gave one back in time.</summary>
    TimedOut,

    /// <summary>Too many wait already.</summary>
    QueueFull,

    /// <summary>The member the request is bound to closed, or the pool is gone.</summary>
    MemberClosed,
}

/// <summary>A member with a slot taken for the asker, or why there is none.</summary>
public readonly record struct SlotAnswer(MemberState? Member, SlotRefusal Refusal);
