using Proxy.Actors.Hocon;

namespace Proxy.Cluster.Revisions.Editing;

/// <summary>One operator's change on top of the file. Names of list elements stand for their place:
/// <c>pools.app.members.a.weight</c>, as the lines of a diff have them.</summary>
/// <param name="Value">JSON; null = the key, or the element of the list, is not there.</param>
internal sealed record OverlayEdit(string Path, string? Value)
{
    // What an operator sends over the network must not read files or the environment.
    private static readonly HoconOptions Closed = new() { Environment = static _ => null, Files = new NoFiles() };

    /// <summary>Without the value, which may be a secret.</summary>
    public override string ToString() => Value is null ? $"unset {Path}" : $"set {Path}";

    /// <summary>The value as configuration; null when it is not JSON.</summary>
    public static HoconValue? Parse(string json)
    {
        HoconResult parsed = HoconDocument.Parse($"{{\"value\":{json}\n}}", "change", Closed);
        return parsed.Root is { Members: [{ Key: "value" } only] } ? only.Value : null;
    }

    /// <summary>Text that a revision was kept as.</summary>
    public static HoconObject? ParseDocument(string text) => HoconDocument.Parse(text, "revision", Closed).Root;

    /// <summary>Whether what this edit says is overruled by one at that path.</summary>
    public bool IsWithin(string path) =>
        Path.StartsWith(path, StringComparison.Ordinal) && (Path.Length == path.Length || Path[path.Length] == '.');

    private sealed class NoFiles : IHoconFiles
    {
        public HoconFileContent Read(string path, long maxBytes) => HoconFileContent.Missing;
    }
}
