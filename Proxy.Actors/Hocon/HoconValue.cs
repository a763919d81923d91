namespace Proxy.Actors.Hocon;

public enum HoconKind
{
    Object,
    Array,
    String,
    Number,
    Boolean,
    Null,
}

/// <summary>
/// A resolved value: no substitution is left in it. Values are immutable and may be shared between places of a tree,
/// because a substitution yields the very value it names.
/// </summary>
public abstract class HoconValue
{
    private protected HoconValue(HoconKind kind, HoconOrigin origin)
    {
        Kind = kind;
        Origin = origin;
    }

    public HoconKind Kind { get; }

    public HoconOrigin Origin { get; }

    /// <summary>Levels of nesting, 0 for a scalar. Limits recursion over the tree.</summary>
    internal abstract int Depth { get; }

    /// <summary>
    /// Values plus characters as if nothing were shared; a chain of substitutions can make this huge while the
    /// memory stays small, so it is what the expansion limit looks at.
    /// </summary>
    internal abstract long Weight { get; }

    /// <summary>
    /// Structural equality: kinds, texts, keys and the order of list items. Origins, the order of keys and whether
    /// a string was quoted do not matter.
    /// </summary>
    public abstract bool SameAs(HoconValue other);

    internal static long AddWeights(long left, long right) =>
        left > long.MaxValue - right ? long.MaxValue : left + right;
}
