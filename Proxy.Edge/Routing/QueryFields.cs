namespace Proxy.Edge.Routing;

/// <summary>Reads the parameters of a query: name=value pairs between '&amp;', in the escapes of HTML
/// forms.</summary>
internal static class QueryFields
{
    /// <summary>Takes the next parameter off <paramref name="rest"/>, still escaped; a parameter without '=' has an
    /// empty value. Empty parameters are skipped.</summary>
    public static bool TryNext(
        scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = value = default;
        if (!TryNextPair(ref rest, out ReadOnlySpan<byte> pair))
        {
            return false;
        }

        name = NameOf(pair);
        value = name.Length == pair.Length ? default : pair[(name.Length + 1)..];
        return true;
    }

    /// <summary>Takes the next "name=value" or "name" off <paramref name="rest"/> as it is.</summary>
    public static bool TryNextPair(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> pair)
    {
        pair = default;
        while (pair.Length == 0)
        {
            if (rest.Length == 0)
            {
                return false;
            }

            int end = rest.IndexOf((byte)'&');
            pair = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return true;
    }

    public static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> pair)
    {
        int equals = pair.IndexOf((byte)'=');
        return equals < 0 ? pair : pair[..equals];
    }

    /// <summary>Decodes escapes and '+'; a malformed escape stands for itself. The output is never longer.</summary>
    public static int Decode(ReadOnlySpan<byte> raw, Span<byte> output)
    {
        int written = 0;
        for (int i = 0; i < raw.Length; i++)
        {
            if (UriCharacters.TryReadEscape(raw, i, out byte value))
            {
                i += 2;
            }
            else
            {
                value = raw[i] == '+' ? (byte)' ' : raw[i];
            }

            output[written++] = value;
        }

        return written;
    }

    /// <summary>Whether the escaped text decodes to <paramref name="expected"/>.</summary>
    public static bool DecodesTo(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> expected)
    {
        if (raw.IndexOfAny((byte)'%', (byte)'+') < 0)
        {
            return raw.SequenceEqual(expected);
        }

        int at = 0;
        for (int i = 0; i < raw.Length; i++, at++)
        {
            if (UriCharacters.TryReadEscape(raw, i, out byte value))
            {
                i += 2;
            }
            else
            {
                value = raw[i] == '+' ? (byte)' ' : raw[i];
            }

            if (at >= expected.Length || expected[at] != value)
            {
                return false;
            }
        }

        return at == expected.Length;
    }
}
