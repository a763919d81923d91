namespace Proxy.Actors.Hocon;

/// <summary>
/// What a document may reach and how large it may grow. Every limit is there against a hostile or broken file.
/// </summary>
public sealed record HoconOptions
{
    public static HoconOptions Default { get; } = new();

    /// <summary>Asked for a substitution that the document does not define; null means not set.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    public IHoconFiles Files { get; init; } = new HoconDiskFiles();

    /// <summary>
    /// Levels of objects and lists, written or produced by substitution. Far above any real file, far below the
    /// stack.
    /// </summary>
    public int MaxDepth { get; init; } = 128;

    /// <summary>Files open at once through includes.</summary>
    public int MaxIncludeDepth { get; init; } = 16;

    /// <summary>Bytes of all files of one document together (UTF-16 units for text handed in).</summary>
    public long MaxBytes { get; init; } = 8 << 20;

    /// <summary>
    /// Values plus characters of the resolved document: refuses a few lines that multiply themselves.
    /// </summary>
    public long MaxExpansion { get; init; } = 16 << 20;

    /// <summary>Errors reported before reading stops.</summary>
    public int MaxErrors { get; init; } = 100;
}
