using Proxy.Cluster.Revisions.Editing;

namespace Proxy.Cluster.Revisions;

/// <summary>One numbered commit of the configuration. Immutable; the content stays packed until it is asked for.
/// </summary>
internal sealed record ConfigRevision
{
    /// <summary>From 1, without gaps; its parent is the number before.</summary>
    public required long Number { get; init; }

    /// <summary>Of the journal's event.</summary>
    public required Guid Id { get; init; }

    /// <summary>By the clock of the node that committed it.</summary>
    public required DateTimeOffset At { get; init; }

    public required string Who { get; init; }

    public required string Why { get; init; }

    public required RevisionKind Kind { get; init; }

    /// <summary>Of a rollback the revision it goes back to, of a continuation the one it lets go on; otherwise 0.
    /// </summary>
    public long Of { get; init; }

    /// <summary>The one node that runs it until somebody lets it go on; empty = all run it.</summary>
    public string First { get; init; } = "";

    /// <summary>A staged revision goes on by itself once its first node runs it.</summary>
    public bool GoesOn { get; init; }

    /// <summary>What changed from the revision before, in lines for people; secrets are not in it.</summary>
    public required IReadOnlyList<string> Diff { get; init; }

    /// <summary>Of the content's text.</summary>
    public required string Hash { get; init; }

    /// <summary>Base and overlay, compressed; for <see cref="RevisionCodec"/>.</summary>
    public required ReadOnlyMemory<byte> Packed { get; init; }

    public bool IsStaged => First.Length > 0;

    /// <summary>Null when it is damaged, or of a version this program does not know.</summary>
    public RevisionContent? Open() => RevisionCodec.Unpack(Packed, Hash);
}

internal enum RevisionKind : byte
{
    /// <summary>The file of a node was read anew.</summary>
    File,

    /// <summary>An operator changed the overlay.</summary>
    Change,

    Rollback,

    /// <summary>The same content as a staged revision, for all nodes.</summary>
    Continue,
}
