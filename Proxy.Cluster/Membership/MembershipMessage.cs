using Proxy.Actors.Runtime;
using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <summary>Mail of a <see cref="MembershipActor"/>.</summary>
internal abstract record MembershipMessage
{
    private MembershipMessage()
    {
    }

    /// <summary>An operator's order; answered when it is in the engine or cannot be.</summary>
    internal sealed record Order(MemberOrder What, ReplyTo<OrderResult> Reply) : MembershipMessage, IUndeliverable
    {
        public void Undelivered(Exception reason) => Reply.Fail(reason);
    }

    /// <summary>Something that the machine wants to know.</summary>
    internal sealed record Input(MembershipInput What) : MembershipMessage;

    internal sealed record FeedEnded(Exception? Error) : MembershipMessage;

    internal sealed record FeedTimer : MembershipMessage;

    internal sealed record SessionAnswered(Result<EngineResult<Lease>> Result, TimeSpan AskedAt) : MembershipMessage;

    internal sealed record SessionTimer : MembershipMessage;

    internal sealed record Revoked : MembershipMessage;

    internal sealed record CommitEnded(Result<EngineResult<CommitOutcome>> Result) : MembershipMessage;
}
