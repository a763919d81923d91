using Proxy.Cluster.Revisions.Editing;

namespace Proxy.Cluster.Revisions;

/// <summary>What this node knows about revisions, at one moment. Immutable; any thread.</summary>
/// <param name="Known">Oldest first, without gaps.</param>
/// <param name="Running">What this node runs; 0 = its file.</param>
/// <param name="Unreadable">Why nothing can be committed now; null = it can.</param>
/// <param name="Acks">One per node that ever said something.</param>
internal sealed record RevisionView(
    IReadOnlyList<ConfigRevision> Known, long Running, string? Unreadable, IReadOnlyList<NodeAck> Acks)
{
    public static readonly RevisionView Empty = new([], 0, "starting", []);

    public ConfigRevision? Head => Known.Count > 0 ? Known[^1] : null;

    public ConfigRevision? At(long number) =>
        Head is { } head && number <= head.Number && number >= Known[0].Number
            ? Known[(int)(number - Known[0].Number)]
            : null;

    /// <summary>Content of a revision; null when there is none or it cannot be read.</summary>
    public RevisionContent? ContentOf(long number) => At(number)?.Open();
}
