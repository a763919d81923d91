using Proxy.Cluster.Revisions.Editing;

namespace Proxy.Cluster.Revisions;

/// <summary>The node as revisions see it. Called from the actor's turn: whatever takes longer than a look goes on
/// elsewhere and completes the task later. Nothing here throws for a bad configuration.</summary>
internal interface IRevisionNode
{
    /// <summary>Whether this node could run the content, together with its own part of the file; changes nothing. Any
    /// thread.</summary>
    ValueTask<Judgement> JudgeAsync(RevisionContent content, RevisionContent? before);

    /// <summary>Runs the content; one at a time. Null = it does; otherwise why not, and what ran before goes on.
    /// </summary>
    ValueTask<string?> ApplyAsync(RevisionContent content, long number);

    /// <summary>Something an operator should know.</summary>
    void Warn(string problem);
}

/// <summary>What a node remembers of revisions by itself, for a start without the engine. Never throws.</summary>
internal interface IRevisionMemory
{
    /// <summary>Null when there is nothing, or it is damaged.</summary>
    ValueTask<RememberedRevision?> LoadAsync();

    /// <summary>Null after success; otherwise the problem.</summary>
    ValueTask<string?> SaveAsync(RememberedRevision remembered);
}

/// <param name="FileHash">Of the common blocks of this node's file when they were last offered.</param>
/// <param name="Revision">What the node ran last; null = none yet.</param>
internal sealed record RememberedRevision(string FileHash, ConfigRevision? Revision);
