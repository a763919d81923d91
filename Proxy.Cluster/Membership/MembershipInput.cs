using System.Collections.Immutable;
using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <param name="Elapsed">Monotonic, for waiting.</param>
/// <param name="Wall">For comparing clocks between nodes only.</param>
internal readonly record struct NodeTime(TimeSpan Elapsed, DateTimeOffset Wall);

internal sealed record MembershipSettings
{
    public required string Cluster { get; init; }

    /// <summary>Which cluster this node belongs to; empty = whichever it finds.</summary>
    public string ClusterId { get; init; } = "";

    /// <summary>How long a member's lease may be gone before the leader takes it off the list.</summary>
    public TimeSpan DownAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a leaving member may take to hand over what it owns.</summary>
    public TimeSpan LeaveWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a node tells its load and its clock.</summary>
    public TimeSpan PulseEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Clocks that are further apart are told. Much above what a watch takes to deliver.</summary>
    public TimeSpan ClockTolerance { get; init; } = TimeSpan.FromSeconds(10);
}

internal enum MemberOrderKind : byte
{
    /// <summary>This node comes back after it left or was replaced.</summary>
    Join,
    Leave,
    Down,

    /// <summary>All nodes are about to be stopped; of the cluster, not of a node.</summary>
    Close,
}

/// <param name="Node">Address or name.</param>
/// <param name="Incarnation">Only if it is this one; 0 = whichever. A process that was replaced must not send its
/// successor away.</param>
internal sealed record MemberOrder(MemberOrderKind Kind, string Node, long Incarnation = 0);

internal enum OrderOutcome : byte
{
    Done,
    NotFound,

    /// <summary>Makes no sense in the state the member or this node is in.</summary>
    Refused,

    /// <summary>The engine is silent; nothing changed.</summary>
    Unavailable,
}

/// <param name="Ticket">Of <see cref="MembershipInput.Order"/>.</param>
internal sealed record OrderResult(long Ticket, OrderOutcome Outcome, string Message);

internal abstract record MembershipInput
{
    private MembershipInput()
    {
    }

    internal sealed record Feed(FeedSignal Signal) : MembershipInput;

    internal sealed record SessionChanged(Session Session) : MembershipInput;

    /// <summary>The answer to <see cref="MembershipEffects.Commit"/>.</summary>
    internal sealed record Committed(EngineResult<CommitOutcome> Result) : MembershipInput;

    internal sealed record Order(long Ticket, MemberOrder What) : MembershipInput;

    /// <summary>What the peer streams notice; only a hint, never a reason to remove anybody.</summary>
    internal sealed record PeersSilent(ImmutableArray<string> Nodes) : MembershipInput;

    internal sealed record LoadChanged(NodeLoad Load) : MembershipInput;

    /// <summary>How many singletons this node holds: it leaves when they are handed over.</summary>
    internal sealed record SingletonsHeld(int Count) : MembershipInput;

    internal sealed record Timer : MembershipInput;
}

/// <summary>What the node does after an input, in this order.</summary>
internal sealed class MembershipEffects
{
    /// <summary>The new view, when anything in it changed; for everybody to see before anything else is done.</summary>
    public MembershipView? View { get; set; }

    public IReadOnlyList<MemberEvent> Events { get; set; } = [];

    /// <summary>One at a time: the next comes after <see cref="MembershipInput.Committed"/>.</summary>
    public EngineTransaction? Commit { get; set; }

    public List<OrderResult> Answers { get; } = [];

    /// <summary>True to open, false to close; null to leave it.</summary>
    public bool? Session { get; set; }

    /// <summary>When to hand in <see cref="MembershipInput.Timer"/>.</summary>
    public TimeSpan? Wake { get; set; }
}
