using Proxy.Actors.Hocon;

namespace Proxy.Cluster.Revisions.Editing;

/// <summary>All changes operators made on top of the file, oldest first. Immutable.</summary>
internal sealed record Overlay(IReadOnlyList<OverlayEdit> Edits)
{
    /// <summary>Names the whole overlay where a path is expected.</summary>
    public const string Everything = "*";

    public static readonly Overlay Empty = new([]);

    /// <summary>The later edit of a place, or of what holds it, wins.</summary>
    public Overlay With(OverlayEdit edit) => new([.. Edits.Where(old => !old.IsWithin(edit.Path)), edit]);

    /// <summary>Back to what the file says at that path and below.</summary>
    public Overlay Reverted(string path) =>
        path == Everything ? Empty : new Overlay([.. Edits.Where(old => !old.IsWithin(path))]);

    /// <summary>The file's blocks with all edits. What no longer has a place there is left out and said.</summary>
    public OverlaidTree ApplyTo(HoconObject file)
    {
        HoconObject tree = file;
        var fitting = new List<OverlayEdit>();
        var misfits = new List<string>();
        foreach (OverlayEdit edit in Edits)
        {
            TreeEdit made = HoconTree.Apply(tree, edit);
            if (made.Tree is { } edited)
            {
                tree = edited;
                fitting.Add(edit);
            }
            else
            {
                misfits.Add($"{edit}: {made.Problem}");
            }
        }

        return new OverlaidTree(tree, new Overlay(fitting), misfits);
    }
}

/// <param name="Fitting">The edits that had a place.</param>
/// <param name="Misfits">The others, with the reason, for people.</param>
internal sealed record OverlaidTree(HoconObject Tree, Overlay Fitting, IReadOnlyList<string> Misfits);
