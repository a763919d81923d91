using System.Security.Cryptography;
using System.Text;
using Proxy.Actors.Hocon;

namespace Proxy.Cluster.Revisions.Editing;

/// <summary>What a revision says: the common blocks of the file, the operators' changes, and the two
/// together.</summary>
internal sealed class RevisionContent
{
    private RevisionContent(HoconObject file, Overlay overlay, HoconObject tree)
    {
        (File, Overlay, Tree) = (file, overlay, tree);
        FileText = HoconWriter.Write(file);
        Text = HoconWriter.Write(tree);
        Hash = HashOf(Text);
    }

    public HoconObject File { get; }

    public string FileText { get; }

    public Overlay Overlay { get; }

    /// <summary>The common blocks as they are run, without "proxy" around them.</summary>
    public HoconObject Tree { get; }

    /// <summary>The same as text; two contents are equal when their texts are.</summary>
    public string Text { get; }

    public string Hash { get; }

    /// <param name="misfits">Edits that have no place any more and were left out, for people.</param>
    public static RevisionContent Of(HoconObject file, Overlay overlay, out IReadOnlyList<string> misfits)
    {
        OverlaidTree overlaid = overlay.ApplyTo(file);
        misfits = overlaid.Misfits;
        return new RevisionContent(file, overlaid.Fitting, overlaid.Tree);
    }

    /// <summary>Hexadecimal SHA-256.</summary>
    public static string HashOf(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
