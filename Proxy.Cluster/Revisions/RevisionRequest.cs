using Proxy.Actors.Hocon;

namespace Proxy.Cluster.Revisions;

/// <summary>What somebody wants to be the next revision.</summary>
internal abstract record RevisionRequest
{
    private RevisionRequest()
    {
    }

    public required string Who { get; init; }

    public string Why { get; init; } = "";

    /// <summary>The revision the asker has seen; the request is refused when another one is current. Null = whatever
    /// is.</summary>
    public long? Expected { get; init; }

    /// <summary>The node that shall run it before the others; empty = all at once.</summary>
    public string First { get; init; } = "";

    /// <summary>With <see cref="First"/>: the others follow by themselves once it runs there.</summary>
    public bool GoesOn { get; init; }

    /// <param name="Set">Path → JSON.</param>
    /// <param name="Unset">Paths that shall not be there, whatever the file says.</param>
    /// <param name="Revert">Paths that shall be again as in the file; "*" = all.</param>
    internal sealed record Change(
        IReadOnlyList<KeyValuePair<string, string>> Set, IReadOnlyList<string> Unset, IReadOnlyList<string> Revert)
        : RevisionRequest
    {
        /// <summary>In words, for whoever has to settle a conflict.</summary>
        public IReadOnlyList<string> Lines() =>
        [
            .. Revert.Select(static path => $"revert {path}"),
            .. Unset.Select(static path => $"unset {path}"),
            .. Set.Select(static pair => $"set {pair.Key} = {pair.Value}"),
        ];
    }

    /// <summary>The common blocks of a node's file, read anew; the overlay stays.</summary>
    internal sealed record File(HoconObject Common) : RevisionRequest;

    /// <summary>The content of that revision again.</summary>
    internal sealed record Rollback(long To) : RevisionRequest;

    /// <summary>The staged revision for all nodes.</summary>
    internal sealed record Continue : RevisionRequest;
}
