namespace Proxy.Edge.Routing;

/// <summary>What an encoded slash (%2F, %5C) in a path means; two readers disagree about it, so it is decided here once.</summary>
public enum EncodedSlashPolicy : byte
{
    /// <summary>400.</summary>
    Reject,

    /// <summary>Kept encoded: not a segment border, for routing and for the origin alike.</summary>
    Keep,

    /// <summary>Decoded and treated as a slash.</summary>
    Decode,
}

/// <summary>The one normalisation that routing and everything that authorises share.</summary>
public sealed record PathPolicy
{
    public EncodedSlashPolicy EncodedSlash { get; init; } = EncodedSlashPolicy.Reject;

    /// <summary>Runs of slashes count as one for matching.</summary>
    public bool MergeSlashes { get; init; } = true;

    /// <summary>Path parameters (";x=y" of a segment) are ignored by matching, as a servlet container would.</summary>
    public bool IgnorePathParameters { get; init; }

    /// <summary>What goes to the origin: the normalised path (safe), or the raw one (what Apache calls nocanon).</summary>
    public bool ForwardRaw { get; init; }
}
