using Proxy.Cluster.Revisions.Editing;

namespace Proxy.Cluster.Revisions;

/// <summary>A request made into a content, before anybody judged it.</summary>
/// <param name="Refusal">When set, there is no content.</param>
/// <param name="Before">The newest content.</param>
internal sealed record Draft(RevisionAnswer? Refusal, RevisionContent? Content = null, RevisionContent? Before = null)
{
    /// <summary>Edits of the overlay that the new file has no place for.</summary>
    public IReadOnlyList<string> Misfits { get; init; } = [];
}

/// <summary>From requests and the history to contents. Pure.</summary>
internal static class DraftRules
{
    private const int MaxText = 1000;
    private const int MaxDiffLines = 200;

    public static Draft Make(RevisionRequest request, RevisionHistory history)
    {
        ConfigRevision? head = history.Head;
        if (request.Expected is { } expected && expected != history.Last)
        {
            return Refused(new RevisionAnswer.Conflict(
                expected, history.Last, history.DiffSince(expected), Lines(request)));
        }

        if (head is { IsStaged: true } && request is RevisionRequest.Change or RevisionRequest.File)
        {
            return Invalid($"revision {head!.Number} is staged on {head.First}: continue it or roll it back first");
        }

        RevisionContent? before = head?.Open();
        if (head is not null && before is null)
        {
            return Invalid($"revision {head.Number} is damaged or from a later version");
        }

        return request switch
        {
            RevisionRequest.File file => FromFile(file, before, history.Last),
            _ when before is null => Invalid("there is no revision yet"),
            RevisionRequest.Change change => FromChange(change, before, history.Last),
            RevisionRequest.Rollback rollback => FromRollback(rollback, before, head!, history),
            RevisionRequest.Continue when head is { IsStaged: true } => new Draft(null, before, before),
            RevisionRequest.Continue => Invalid($"revision {history.Last} is not staged"),
            _ => throw new ArgumentOutOfRangeException(nameof(request), request, "unknown request"),
        };
    }

    /// <summary>Without id and time.</summary>
    public static ConfigRevision Finish(
        RevisionRequest request, Draft draft, IReadOnlyList<string> diff, long number)
    {
        RevisionContent content = draft.Content!; // A draft that is finished was not refused.
        (RevisionKind kind, long of) = request switch
        {
            RevisionRequest.File => (RevisionKind.File, 0L),
            RevisionRequest.Change => (RevisionKind.Change, 0L),
            RevisionRequest.Rollback rollback => (RevisionKind.Rollback, rollback.To),
            RevisionRequest.Continue => (RevisionKind.Continue, number - 1),
            _ => throw new ArgumentOutOfRangeException(nameof(request), request, "unknown request"),
        };
        return new ConfigRevision
        {
            Number = number,
            Id = Guid.Empty,
            At = default,
            Who = Cut(request.Who),
            Why = Cut(request.Why),
            Kind = kind,
            Of = of,
            First = request.First,
            GoesOn = request.GoesOn,
            Diff = diff.Count <= MaxDiffLines
                ? [.. diff.Select(Cut)]
                : [.. diff.Take(MaxDiffLines).Select(Cut), $"and {diff.Count - MaxDiffLines} more"],
            Hash = content.Hash,
            Packed = RevisionCodec.Pack(content),
        };
    }

    /// <summary>Of the continuation that follows by itself: when the node tries again after a restart it is the
    /// same.</summary>
    public static Guid IdAfter(ConfigRevision staged)
    {
        byte[] id = staged.Id.ToByteArray();
        id[^1] ^= 0xff;
        return new Guid(id);
    }

    private static Draft FromFile(RevisionRequest.File request, RevisionContent? before, long last)
    {
        Overlay overlay = before?.Overlay ?? Overlay.Empty;
        RevisionContent content = RevisionContent.Of(request.Common, overlay, out IReadOnlyList<string> misfits);
        return before?.FileText == content.FileText
            ? Refused(new RevisionAnswer.Unchanged(last))
            : new Draft(null, content, before) { Misfits = misfits };
    }

    private static Draft FromChange(RevisionRequest.Change change, RevisionContent before, long last)
    {
        string[] paths = [.. change.Set.Select(static pair => pair.Key), .. change.Unset];
        string[] forbidden = [.. paths.Select(SharedBlocks.Forbids).OfType<string>()];
        if (forbidden.Length > 0)
        {
            return Refused(new RevisionAnswer.Invalid(forbidden));
        }

        Overlay overlay = before.Overlay;
        foreach (string path in change.Revert)
        {
            Overlay reverted = overlay.Reverted(path);
            if (reverted.Edits.Count == overlay.Edits.Count && path != Overlay.Everything)
            {
                return Invalid($"{path}: no operator changed it, there is nothing to revert");
            }

            overlay = reverted;
        }

        foreach (OverlayEdit edit in change.Unset.Select(static path => new OverlayEdit(path, null))
            .Concat(change.Set.Select(static pair => new OverlayEdit(pair.Key, pair.Value))))
        {
            overlay = overlay.With(edit);
        }

        RevisionContent content = RevisionContent.Of(before.File, overlay, out IReadOnlyList<string> misfits);
        if (misfits.Count > 0)
        {
            return Refused(new RevisionAnswer.Invalid(misfits));
        }

        // The same text by another overlay is a change all the same: the next file shows it.
        return content.Text == before.Text && content.Overlay.Edits.SequenceEqual(before.Overlay.Edits)
            ? Refused(new RevisionAnswer.Unchanged(last))
            : new Draft(null, content, before);
    }

    private static Draft FromRollback(
        RevisionRequest.Rollback rollback, RevisionContent before, ConfigRevision head, RevisionHistory history)
    {
        if (history.At(rollback.To) is not { } target)
        {
            return Invalid(
                $"there is no revision {rollback.To}; there are {history.Known[0].Number} to {history.Last}");
        }

        if (target.Open() is not { } content)
        {
            return Invalid($"revision {rollback.To} is damaged or from a later version");
        }

        // Rolling a staged revision back is how it is given up, also when it says the same.
        return content.Text == before.Text && content.FileText == before.FileText && !head.IsStaged
            ? Refused(new RevisionAnswer.Unchanged(history.Last))
            : new Draft(null, content, before);
    }

    private static Draft Refused(RevisionAnswer refusal) => new(refusal);

    private static Draft Invalid(string problem) => Refused(new RevisionAnswer.Invalid([problem]));

    private static IReadOnlyList<string> Lines(RevisionRequest request) => request switch
    {
        RevisionRequest.Change change => change.Lines(),
        RevisionRequest.Rollback rollback => [$"rollback to {rollback.To}"],
        RevisionRequest.Continue => ["continue"],
        _ => ["the file"],
    };

    private static string Cut(string text) => text.Length <= MaxText ? text : text[..MaxText];
}
