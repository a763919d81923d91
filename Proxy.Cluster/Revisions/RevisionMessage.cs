using Proxy.Actors.Hocon;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Journal;

namespace Proxy.Cluster.Revisions;

/// <summary>What the actor of revisions is told.</summary>
internal abstract record RevisionMessage
{
    private RevisionMessage()
    {
    }

    /// <summary>Once, before anything else.</summary>
    internal sealed record Start(HoconObject Common, string Who, ReplyTo<RevisionStart> Reply) : RevisionMessage;

    internal sealed record Ask(RevisionRequest Request, ReplyTo<RevisionAnswer> Reply) : RevisionMessage;

    /// <summary>The operator said to read the file again, and it is well-formed.</summary>
    internal sealed record Reread(HoconObject Common, string Who, ReplyTo<RevisionAnswer> Reply) : RevisionMessage;

    internal sealed record Remembered(Start Origin, RememberedRevision? Memory) : RevisionMessage;

    internal sealed record Judged(Guid Id, Result<Judgement> Result) : RevisionMessage;

    internal sealed record Appended(Guid Id, Result<JournalOutcome> Result) : RevisionMessage;

    internal sealed record ReadDone(Result<RevisionsRead> Result) : RevisionMessage;

    /// <param name="Alone">From the node's own disk or file.</param>
    internal sealed record Applied(long Number, bool Alone, Result<string?> Result) : RevisionMessage;

    internal sealed record Noted(Result<string?> Result) : RevisionMessage;

    internal sealed record AcksListed(Result<EngineResult<Listing>> Result) : RevisionMessage;

    internal sealed record WatchMoved(Result<WatchSignal?> Result) : RevisionMessage;

    internal sealed record AckWritten(NodeAck Ack, Result<bool> Result) : RevisionMessage;

    internal sealed record Announced : RevisionMessage;

    internal sealed record Retry : RevisionMessage;

    /// <summary>There may be new revisions.</summary>
    internal sealed record Look : RevisionMessage;

    /// <summary>Long enough for that revision to run.</summary>
    internal sealed record Waited(long Number) : RevisionMessage;
}

/// <summary>How the node came up.</summary>
/// <param name="Number">What it runs; 0 = its file, because there was nothing else.</param>
/// <param name="Problem">When set: it runs nothing.</param>
/// <param name="Notes">What an operator should know about it.</param>
internal sealed record RevisionStart(long Number, string? Problem, IReadOnlyList<string> Notes);

/// <param name="Fault">When set: why there is nothing to see.</param>
internal sealed record RevisionsRead(IReadOnlyList<ConfigRevision> Revisions, string? Fault);
