using Proxy.Edge.Routing;

namespace Proxy.Edge.Rewriting;

/// <summary>Where in a URI a piece of text goes; decides which bytes need an escape there.</summary>
internal enum UriPart : byte
{
    /// <summary>Host and port as a client sent them.</summary>
    Authority,

    /// <summary>A captured piece inside an authority: no port, no user information, nothing that ends a
    /// host.</summary>
    HostLabel,

    Path,

    /// <summary>A whole query.</summary>
    Query,

    /// <summary>A name or value inside a query.</summary>
    QueryValue,
}

/// <summary>Writes text that came from outside into a URI, so that it cannot leave its place: what may not stand
/// there is escaped, well-formed escapes stay.</summary>
internal static class UriText
{
    public static void Add(ref ByteWriter writer, scoped ReadOnlySpan<byte> text, UriPart part)
    {
        if (part == UriPart.Query && text.IndexOfAnyExcept(UriCharacters.QueryPlain) < 0)
        {
            writer.Add(text);
            return;
        }

        for (int i = 0; i < text.Length; i++)
        {
            byte value = text[i];
            if (part is not (UriPart.Authority or UriPart.HostLabel) && UriCharacters.TryReadEscape(text, i, out _))
            {
                writer.Add(text.Slice(i, 3));
                i += 2;
            }
            else if (IsPlain(value, part))
            {
                writer.Add(value);
            }
            else
            {
                AddEscape(ref writer, value);
            }
        }
    }

    /// <summary>Writes text that is not escaped yet as a name or value of a query.</summary>
    public static void AddPlainQueryValue(ref ByteWriter writer, scoped ReadOnlySpan<byte> text)
    {
        foreach (byte value in text)
        {
            if (UriCharacters.IsUnreserved(value))
            {
                writer.Add(value);
            }
            else
            {
                AddEscape(ref writer, value);
            }
        }
    }

    private static bool IsPlain(byte value, UriPart part) => part switch
    {
        UriPart.Authority => UriCharacters.IsUnreserved(value) || value is (byte)':' or (byte)'[' or (byte)']',
        UriPart.HostLabel or UriPart.QueryValue => UriCharacters.IsUnreserved(value),
        UriPart.Path => UriCharacters.PathPlain.Contains(value),
        _ => UriCharacters.QueryPlain.Contains(value),
    };

    private static void AddEscape(ref ByteWriter writer, byte value)
    {
        writer.Add((byte)'%');
        writer.Add(UriCharacters.HexDigit(value >> 4));
        writer.Add(UriCharacters.HexDigit(value & 15));
    }
}
