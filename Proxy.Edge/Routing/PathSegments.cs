namespace Proxy.Edge.Routing;

/// <summary>The output so far: complete segments up to <see cref="_segment"/>, then the one being read.</summary>
internal ref struct PathSegments(Span<byte> output, PathPolicy policy)
{
    private readonly Span<byte> _output = output;
    private int _written;
    private int _segment;

    public readonly ReadOnlySpan<byte> Written => _output[.._written];

    public PathVerdict Read(ReadOnlySpan<byte> raw)
    {
        if (!Append((byte)'/'))
        {
            return PathVerdict.TooLong;
        }

        _segment = 1;
        for (int i = 1; i < raw.Length; i++)
        {
            byte value = raw[i];
            bool escaped = value == '%';
            if (escaped)
            {
                if (!UriCharacters.TryReadEscape(raw, i, out value))
                {
                    return PathVerdict.BadEscape;
                }

                i += 2;
            }

            PathVerdict verdict = Take(value, escaped);
            if (verdict != PathVerdict.Ok)
            {
                return verdict;
            }
        }

        return EndSegment(out _);
    }

    private PathVerdict Take(byte value, bool escaped)
    {
        if (UriCharacters.IsControl(value))
        {
            return PathVerdict.ControlCharacter;
        }

        if (value == '\\' || (value == '/' && escaped))
        {
            return policy.EncodedSlash switch
            {
                EncodedSlashPolicy.Keep => AppendEscape(value),
                EncodedSlashPolicy.Decode => Border(),
                _ => PathVerdict.EncodedSlash,
            };
        }

        if (value == '/')
        {
            return Border();
        }

        bool plain = escaped ? UriCharacters.IsUnreserved(value) : UriCharacters.PathPlain.Contains(value);
        if (!plain)
        {
            return AppendEscape(value);
        }

        return Append(value) ? PathVerdict.Ok : PathVerdict.TooLong;
    }

    private PathVerdict Border()
    {
        PathVerdict verdict = EndSegment(out bool removed);
        if (verdict != PathVerdict.Ok || removed || (policy.MergeSlashes && _written == _segment))
        {
            return verdict;
        }

        if (!Append((byte)'/'))
        {
            return PathVerdict.TooLong;
        }

        _segment = _written;
        return PathVerdict.Ok;
    }

    /// <summary>Resolves the segment just read when it is a dot segment (RFC 3986 §5.2.4).</summary>
    private PathVerdict EndSegment(out bool removed)
    {
        removed = false;
        ReadOnlySpan<byte> segment = _output[_segment.._written];
        if (segment.Length == 0 || segment.IndexOf((byte)'.') < 0)
        {
            return PathVerdict.Ok;
        }

        int dots = DotsOf(segment, out bool disguised);
        if (disguised)
        {
            return PathVerdict.AmbiguousDots;
        }

        if (dots == 0)
        {
            return PathVerdict.Ok;
        }

        removed = true;
        if (dots == 2)
        {
            if (_segment == 1)
            {
                return PathVerdict.AboveRoot;
            }

            _segment = _output[..(_segment - 1)].LastIndexOf((byte)'/') + 1;
        }

        _written = _segment;
        return PathVerdict.Ok;
    }

    /// <summary>1 for ".", 2 for "..", 0 for anything else.</summary>
    private readonly int DotsOf(ReadOnlySpan<byte> segment, out bool disguised)
    {
        disguised = false;
        ReadOnlySpan<byte> rest = segment;
        while (true)
        {
            int end = rest.IndexOfAny((byte)'%', (byte)';');
            ReadOnlySpan<byte> name = end < 0 ? rest : rest[..end];
            if (end < 0 || rest[end] == ';' || IsBorderInDisguise(rest[end..]))
            {
                bool dots = name.SequenceEqual("."u8) || name.SequenceEqual(".."u8);
                bool whole = name.Length == segment.Length;
                bool parameters = end >= 0 && rest[end] == ';' && rest.Length == segment.Length;
                disguised |= dots && !whole && !(parameters && policy.IgnorePathParameters);
                if (dots && !disguised)
                {
                    return name.Length;
                }
            }

            int next = NextPart(rest);
            if (next < 0)
            {
                return 0;
            }

            rest = rest[next..];
        }
    }

    /// <summary>Start of the part behind the next escaped slash or backslash, or -1.</summary>
    private static int NextPart(ReadOnlySpan<byte> rest)
    {
        for (int i = 0; i + 2 < rest.Length; i++)
        {
            if (rest[i] == '%' && (rest[i..].StartsWith("%2F"u8) || rest[i..].StartsWith("%5C"u8)))
            {
                return i + 3;
            }
        }

        return -1;
    }

    private static bool IsBorderInDisguise(ReadOnlySpan<byte> text) =>
        text.StartsWith("%2F"u8) || text.StartsWith("%5C"u8) || text.StartsWith("%3B"u8);

    private PathVerdict AppendEscape(byte value) =>
        Append((byte)'%') && Append(UriCharacters.HexDigit(value >> 4)) && Append(UriCharacters.HexDigit(value & 15))
            ? PathVerdict.Ok
            : PathVerdict.TooLong;

    private bool Append(byte value)
    {
        if (_written == _output.Length)
        {
            return false;
        }

        _output[_written++] = value;
        return true;
    }
}
