namespace Proxy.Edge.Routing;

/// <summary>Brings a path into the one form that routing, authorisation and (by default) the origin see (RFC 3986
/// §6.2.2). Normalising a normalised path changes nothing. Never throws, never allocates.</summary>
public static class PathNormalizer
{
    // Slash must be 1: its negation is the mask for what follows one.
    private const byte Slash = 1;
    private const byte Dot = 2;
    private const byte Semicolon = 4;
    private const byte Odd = 8;

    /// <summary>Length in bytes from which vector scans win.</summary>
    private const int ByteWiseLimit = 64;

    private static readonly byte[] Classes = ClassifyBytes();

    /// <summary>Scratch space in bytes that is enough for every path of this length: each byte may become an escape,
    /// and ignoring path parameters needs a second copy.</summary>
    public static int ScratchLength(int pathLength) => (pathLength + 1) * 6;

    /// <summary>A path that is normal already is returned as it is; otherwise the result is in
    /// <paramref name="scratch"/>.</summary>
    public static PathVerdict Normalize(
        ReadOnlySpan<byte> raw, PathPolicy policy, Span<byte> scratch, out NormalizedPath path)
    {
        if (IsNormal(raw, policy))
        {
            path = new NormalizedPath(raw);
            return PathVerdict.Ok;
        }

        return NormalizeSlowly(raw, policy, scratch, out path);
    }

    private static bool IsNormal(ReadOnlySpan<byte> raw, PathPolicy policy)
    {
        if (raw.Length == 0 || raw[0] != '/')
        {
            return false;
        }

        return raw.Length <= ByteWiseLimit ? IsNormalByteWise(raw, policy) : IsNormalByScans(raw, policy);
    }

    /// <summary>One pass over the bytes, without a branch in it: faster than several vector scans for usual
    /// paths.</summary>
    private static bool IsNormalByteWise(ReadOnlySpan<byte> raw, PathPolicy policy)
    {
        ReadOnlySpan<byte> classes = Classes;
        int refused = Odd | (policy.IgnorePathParameters ? Semicolon : 0);
        int refusedBehindSlash = Dot | (policy.MergeSlashes ? Slash : 0);
        int found = 0;
        int previous = 0;
        foreach (byte value in raw)
        {
            int current = classes[value];
            found |= (current & refused) | (-(previous & Slash) & current & refusedBehindSlash);
            previous = current;
        }

        return found == 0;
    }

    private static bool IsNormalByScans(ReadOnlySpan<byte> raw, PathPolicy policy) =>
        raw.IndexOfAnyExcept(UriCharacters.PathPlain) < 0
        && raw.IndexOf("/."u8) < 0
        && (!policy.MergeSlashes || raw.IndexOf("//"u8) < 0)
        && (!policy.IgnorePathParameters || !raw.Contains((byte)';'));

    private static byte[] ClassifyBytes()
    {
        byte[] classes = new byte[256];
        for (int value = 0; value < classes.Length; value++)
        {
            classes[value] = value switch
            {
                '/' => Slash,
                '.' => Dot,
                ';' => Semicolon,
                _ => UriCharacters.PathPlain.Contains((byte)value) ? (byte)0 : Odd,
            };
        }

        return classes;
    }

    private static PathVerdict NormalizeSlowly(
        ReadOnlySpan<byte> raw, PathPolicy policy, Span<byte> scratch, out NormalizedPath path)
    {
        path = default;
        if (raw.Length == 0 || raw.SequenceEqual("*"u8))
        {
            path = new NormalizedPath(raw.Length == 0 ? "/"u8 : raw);
            return PathVerdict.Ok;
        }

        if (raw[0] != '/')
        {
            return PathVerdict.NotAbsolute;
        }

        var output = new PathSegments(scratch, policy);
        PathVerdict verdict = output.Read(raw);
        if (verdict != PathVerdict.Ok)
        {
            return verdict;
        }

        ReadOnlySpan<byte> forward = output.Written;
        ReadOnlySpan<byte> match = forward;
        if (policy.IgnorePathParameters && forward.Contains((byte)';'))
        {
            Span<byte> rest = scratch[forward.Length..];
            if (rest.Length < forward.Length)
            {
                return PathVerdict.TooLong;
            }

            match = rest[..StripParameters(forward, rest, policy.MergeSlashes)];
        }

        path = new NormalizedPath(match, policy.ForwardRaw ? raw : forward);
        return PathVerdict.Ok;
    }

    private static int StripParameters(ReadOnlySpan<byte> path, Span<byte> output, bool merge)
    {
        int written = 0;
        bool inParameters = false;
        foreach (byte value in path)
        {
            inParameters = value == ';' || (inParameters && value != '/');
            if (inParameters || (merge && value == '/' && written > 0 && output[written - 1] == '/'))
            {
                continue;
            }

            output[written++] = value;
        }

        return written;
    }
}
