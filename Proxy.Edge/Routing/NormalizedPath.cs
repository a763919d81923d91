namespace Proxy.Edge.Routing;

/// <summary>Why a path is refused; anything but <see cref="Ok"/> is answered with 400.</summary>
public enum PathVerdict : byte
{
    Ok,

    /// <summary>Neither "*" nor a path that starts with a slash.</summary>
    NotAbsolute,

    /// <summary>A '%' without two hexadecimal digits.</summary>
    BadEscape,

    /// <summary>NUL or another control character, plain or escaped.</summary>
    ControlCharacter,

    /// <summary>%2F, %5C or a backslash under <see cref="EncodedSlashPolicy.Reject"/>.</summary>
    EncodedSlash,

    /// <summary>".." climbs above the root.</summary>
    AboveRoot,

    /// <summary>A dot segment in a disguise that some servers see through and some do not: "..;x", "..%2F".</summary>
    AmbiguousDots,

    /// <summary>Does not fit the scratch space.</summary>
    TooLong,
}

/// <summary>A path in its one normal form. The spans point into the request or into the caller's scratch space and
/// live as long as those.</summary>
public readonly ref struct NormalizedPath
{
    /// <summary>What routing and everything that authorises compares. Pure ASCII.</summary>
    public ReadOnlySpan<byte> Match { get; }

    /// <summary>What goes to the origin: the same bytes, unless path parameters are ignored by matching (they are
    /// kept here) or the policy forwards the raw path.</summary>
    public ReadOnlySpan<byte> Forward { get; }

    public NormalizedPath(ReadOnlySpan<byte> match, ReadOnlySpan<byte> forward)
    {
        Match = match;
        Forward = forward;
    }

    public NormalizedPath(ReadOnlySpan<byte> path)
        : this(path, path)
    {
    }

    /// <summary>Length of the part of <see cref="Forward"/> that stands for the first <paramref name="matched"/>
    /// bytes of <see cref="Match"/>, or -1 when the two are spelled differently.</summary>
    public int ForwardLengthOf(int matched)
    {
        int at = 0;
        if (Forward.Length >= matched && Match[..matched].SequenceEqual(Forward[..matched]))
        {
            at = matched;
        }
        else
        {
            for (int i = 0; i < matched; i++)
            {
                at = Match[i] == ';' ? at : SkipParameters(at);
                if (at >= Forward.Length || Forward[at] != Match[i])
                {
                    return -1;
                }

                at++;
            }
        }

        return matched < Match.Length && Match[matched] == ';' ? at : SkipParameters(at);
    }

    /// <summary>The next slash, or the end, when path parameters start at <paramref name="at"/>.</summary>
    private int SkipParameters(int at)
    {
        if (at >= Forward.Length || Forward[at] != ';')
        {
            return at;
        }

        int slash = Forward[at..].IndexOf((byte)'/');
        return slash < 0 ? Forward.Length : at + slash;
    }
}
