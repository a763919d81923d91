using System.Text;
using System.Text.RegularExpressions;
using Proxy.Edge.Routing;

namespace Proxy.Edge.Rewriting;

/// <summary>A replacement text with $1, ${name} and $$ (a dollar sign), for a path and perhaps a query after the
/// first '?'. Captures are escaped for where they stand: one cannot start a query, a fragment, a header line or
/// another host.</summary>
internal sealed class CaptureTemplate
{
    private readonly List<Piece> _path = [];
    private readonly List<Piece> _query = [];

    private CaptureTemplate()
    {
    }

    /// <summary>Whether the text has a query of its own.</summary>
    public bool HasQuery { get; private set; }

    /// <summary>Null with an error when a '$' is not followed by a group.</summary>
    public static CaptureTemplate? TryParse(string text, out string error)
    {
        error = "";
        var template = new CaptureTemplate();
        var literal = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '$')
            {
                literal.Append(text[i]);
                continue;
            }

            if (i + 1 < text.Length && text[i + 1] == '$')
            {
                literal.Append('$');
                i++;
                continue;
            }

            string? group = ReadGroup(text, i + 1, out int length);
            if (group is null)
            {
                error = $"'{text}': '$' at position {i + 1} is not followed by a group; "
                    + "write $1, ${name}, or $$ for a dollar sign";
                return null;
            }

            template.AddLiteral(literal.ToString());
            literal.Clear();
            (template.HasQuery ? template._query : template._path).Add(new Piece(null, group));
            i += length;
        }

        template.AddLiteral(literal.ToString());
        return template;
    }

    /// <summary>Reads "1", "12" or "{name}" at <paramref name="at"/>.</summary>
    public static string? ReadGroup(string text, int at, out int length)
    {
        length = 0;
        if (at < text.Length && text[at] == '{')
        {
            int close = text.IndexOf('}', at);
            length = close - at + 1;
            string name = close < 0 ? "" : text[(at + 1)..close];
            return name.Length != 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? name : null;
        }

        while (at + length < text.Length && char.IsAsciiDigit(text[at + length]) && length < 2)
        {
            length++;
        }

        return length == 0 ? null : text.Substring(at, length);
    }

    public void WritePath(ref ByteWriter writer, Match match) => Write(_path, ref writer, match, UriPart.Path);

    /// <summary>Writes the query without its '?'.</summary>
    public void WriteQuery(ref ByteWriter writer, Match match) => Write(_query, ref writer, match, UriPart.QueryValue);

    private static void Write(List<Piece> pieces, ref ByteWriter writer, Match match, UriPart part)
    {
        foreach (Piece piece in pieces)
        {
            if (piece.Literal is not null)
            {
                writer.Add(piece.Literal);
            }
            else
            {
                UriText.Add(ref writer, Encoding.Latin1.GetBytes(match.Groups[piece.Group].Value), part);
            }
        }
    }

    private void AddLiteral(string text)
    {
        int question = HasQuery ? -1 : text.IndexOf('?');
        string path = HasQuery ? "" : question < 0 ? text : text[..question];
        string query = HasQuery ? text : question < 0 ? "" : text[(question + 1)..];
        if (path.Length != 0)
        {
            _path.Add(new Piece(UriCharacters.Canonical(path), ""));
        }

        HasQuery |= question >= 0;
        if (query.Length != 0)
        {
            var writer = new ByteWriter(new byte[Encoding.UTF8.GetByteCount(query) * 3]);
            UriText.Add(ref writer, Encoding.UTF8.GetBytes(query), UriPart.Query);
            _query.Add(new Piece(writer.Written.ToArray(), ""));
        }
    }

    /// <summary>Either a literal or the name of a group.</summary>
    private readonly record struct Piece(byte[]? Literal, string Group);
}
