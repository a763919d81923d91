using System.Text;

namespace Proxy.Edge.Rewriting;

/// <summary>Rewrites Domain and Path of a Set-Cookie value (RFC 6265 §4.1, §5.2). Immutable.</summary>
internal sealed class CookieMapping
{
    private readonly PathMapping _paths;
    private readonly (byte[] Origin, byte[] Public)[] _domains;

    public CookieMapping(PathMapping paths, IReadOnlyList<KeyValuePair<string, string>> domains)
    {
        _paths = paths;
        _domains =
        [
            .. domains.Select(d => (Encoding.ASCII.GetBytes(d.Key.TrimStart('.')), Encoding.ASCII.GetBytes(d.Value))),
        ];
    }

    /// <summary>Writes the whole value; false when nothing had to change (the writer then holds rubbish).</summary>
    public bool TryMap(ReadOnlySpan<byte> value, ref ByteWriter writer)
    {
        bool changed = false;
        int end = EndOfPair(value);
        writer.Add(value[..end]);
        while (end < value.Length)
        {
            ReadOnlySpan<byte> rest = value[(end + 1)..];
            int next = rest.IndexOf((byte)';');
            ReadOnlySpan<byte> attribute = next < 0 ? rest : rest[..next];
            end += attribute.Length + 1;
            changed |= MapAttribute(attribute, ref writer);
        }

        return changed;
    }

    /// <summary>End of name=value. A semicolon in a properly closed quoted value is part of it.</summary>
    private static int EndOfPair(ReadOnlySpan<byte> value)
    {
        int semicolon = value.IndexOf((byte)';');
        if (semicolon < 0)
        {
            return value.Length;
        }

        int quote = value.IndexOf("=\""u8);
        int close = quote < 0 || quote > semicolon ? -1 : value[(quote + 2)..].IndexOf((byte)'"');
        if (close < 0)
        {
            return semicolon;
        }

        ReadOnlySpan<byte> behind = value[(quote + close + 3)..];
        ReadOnlySpan<byte> trimmed = behind.TrimStart(" \t"u8);
        return trimmed.Length == 0 ? value.Length : trimmed[0] == ';' ? value.Length - trimmed.Length : semicolon;
    }

    /// <summary>Writes one attribute with its semicolon in front.</summary>
    private bool MapAttribute(ReadOnlySpan<byte> attribute, ref ByteWriter writer)
    {
        ByteWriter mark = writer;
        int equals = attribute.IndexOf((byte)'=');
        ReadOnlySpan<byte> name = equals < 0 ? attribute : attribute[..equals];
        ReadOnlySpan<byte> value = equals < 0 ? default : attribute[(equals + 1)..].Trim(" \t"u8);
        ReadOnlySpan<byte> bare = value.Length >= 2 && value[0] == '"' && value[^1] == '"' ? value[1..^1] : value;
        ReadOnlySpan<byte> word = name.Trim(" \t"u8);
        writer.Add((byte)';');
        if (Ascii.EqualsIgnoreCase(word, "path"u8) && bare.Length != 0 && bare[0] == '/' && !_paths.IsIdentity)
        {
            writer.Add(name);
            writer.Add((byte)'=');
            if (_paths.TryMap(bare, keepPublic: true, ref writer))
            {
                return true;
            }
        }
        else if (Ascii.EqualsIgnoreCase(word, "domain"u8))
        {
            foreach ((byte[] origin, byte[] replacement) in _domains)
            {
                if (Ascii.EqualsIgnoreCase(bare.TrimStart((byte)'.'), origin))
                {
                    if (replacement.Length == 0)
                    {
                        writer = mark;
                        return true;
                    }

                    writer.Add(name);
                    writer.Add((byte)'=');
                    writer.Add(replacement);
                    return true;
                }
            }
        }

        writer = mark;
        writer.Add((byte)';');
        writer.Add(attribute);
        return false;
    }
}
