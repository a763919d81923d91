namespace Proxy.Cluster.Revisions;

/// <summary>What came of a request.</summary>
internal abstract record RevisionAnswer
{
    private RevisionAnswer()
    {
    }

    /// <param name="Warnings">What is probably not meant, and edits of the overlay that had to be left out.</param>
    internal sealed record Committed(ConfigRevision Revision, IReadOnlyList<string> Warnings) : RevisionAnswer;

    /// <summary>It would change nothing.</summary>
    internal sealed record Unchanged(long Number) : RevisionAnswer;

    /// <summary>Somebody else committed meanwhile.</summary>
    /// <param name="Theirs">What changed since the expected revision.</param>
    /// <param name="Yours">What was asked for.</param>
    internal sealed record Conflict(
        long Expected, long Current, IReadOnlyList<string> Theirs, IReadOnlyList<string> Yours) : RevisionAnswer;

    /// <summary>Nothing was committed; the problems are for people.</summary>
    internal sealed record Invalid(IReadOnlyList<string> Problems) : RevisionAnswer;

    /// <summary>The engine or the disk does not answer. It may have been committed all the same: the list shows it.
    /// </summary>
    internal sealed record Unavailable(string Reason) : RevisionAnswer;
}
