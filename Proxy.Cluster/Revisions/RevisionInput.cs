using Proxy.Cluster.Journal;
using Proxy.Cluster.Revisions.Editing;

namespace Proxy.Cluster.Revisions;

/// <summary>What the machine of revisions hears.</summary>
internal abstract record RevisionInput
{
    private RevisionInput()
    {
    }

    /// <param name="Id">New for each request; becomes the event's.</param>
    internal sealed record Ask(Guid Id, RevisionRequest Request) : RevisionInput;

    /// <summary>The file as it was found at the start. Waits for the journal for as long as that takes.</summary>
    /// <param name="IsNews">This node has not seen the file like this before.</param>
    internal sealed record FileAtStart(Guid Id, RevisionRequest.File Request, bool IsNews) : RevisionInput;

    /// <summary>From now on revisions are applied.</summary>
    internal sealed record Release : RevisionInput;

    /// <summary>Instead of <see cref="Release"/>: the node runs that revision from its own disk; 0 = its file.
    /// </summary>
    internal sealed record RanAlone(long Number) : RevisionInput;

    internal sealed record Judged(Guid Id, Judgement Judgement) : RevisionInput;

    internal sealed record Appended(Guid Id, JournalOutcome Outcome) : RevisionInput;

    /// <summary>The journal was read to its end: everything new is here, in order; perhaps nothing.</summary>
    internal sealed record Learned(IReadOnlyList<ConfigRevision> Revisions) : RevisionInput;

    /// <summary>The journal cannot be read now.</summary>
    internal sealed record Unreadable(string Reason) : RevisionInput;

    /// <param name="Refusal">Why the node does not run it; null = it does.</param>
    internal sealed record Applied(long Number, string? Refusal) : RevisionInput;

    /// <summary>The node's own part changed: what it runs has to be put together anew.</summary>
    internal sealed record ApplyAgain : RevisionInput;
}

/// <summary>Whether a content can be run, and what is different in it.</summary>
/// <param name="Errors">None = it can.</param>
/// <param name="Diff">Against the revision before; secrets are not in it.</param>
internal sealed record Judgement(
    IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings, IReadOnlyList<string> Diff);

/// <summary>What the machine wants done. To be carried out in the order given.</summary>
internal abstract record RevisionEffect
{
    private RevisionEffect()
    {
    }

    /// <param name="Before">What the newest revision says; null = there is none.</param>
    internal sealed record Judge(Guid Id, RevisionContent Content, RevisionContent? Before) : RevisionEffect;

    internal sealed record Append(Guid Id, ConfigRevision Revision) : RevisionEffect;

    /// <summary>Read what the journal has behind that number.</summary>
    internal sealed record Read(long After) : RevisionEffect;

    internal sealed record Answer(Guid Id, RevisionAnswer Value) : RevisionEffect;

    internal sealed record Apply(ConfigRevision Revision) : RevisionEffect;

    internal sealed record Acknowledge(NodeAck Ack) : RevisionEffect;

    /// <summary>The journal is longer than what is kept of it: save the newest revision, forget the oldest.</summary>
    internal sealed record Trim(ConfigRevision Newest, long Before) : RevisionEffect;
}
