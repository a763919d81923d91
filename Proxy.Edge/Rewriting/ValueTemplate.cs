using System.Text;

namespace Proxy.Edge.Rewriting;

/// <summary>Text with placeholders, compiled: "%{client-ip}", "%{header:User-Agent}", "%%". Immutable. Whatever the
/// values hold, no line end, NUL or other control character is ever written.</summary>
public sealed class ValueTemplate
{
    private readonly Piece[] _pieces;

    private ValueTemplate(Piece[] pieces) => _pieces = pieces;

    /// <summary>%{env:NAME} is read here, once.</summary>
    public static bool TryParse(string text, out ValueTemplate? template, out string error)
    {
        template = null;
        var pieces = new List<Piece>();
        if (!TryRead(text, pieces, captures: false, out error))
        {
            return false;
        }

        template = new ValueTemplate([.. pieces]);
        return true;
    }

    /// <returns>Bytes written, or -1 when they do not fit.</returns>
    public int Write(in TemplateContext context, Span<byte> destination)
    {
        var writer = new ByteWriter(destination);
        Write(context, ref writer);
        return writer.Result;
    }

    internal void Write(in TemplateContext context, ref ByteWriter writer)
    {
        Span<byte> scratch = stackalloc byte[Placeholder.ScratchLength];
        foreach (Piece piece in _pieces)
        {
            if (piece.Placeholder is null)
            {
                writer.Add(piece.Literal);
                continue;
            }

            if (piece.Placeholder.Kind == PlaceholderKind.Uri)
            {
                AddClean(ref writer, context.Path);
            }

            AddClean(ref writer, piece.Placeholder.Resolve(context, scratch));
        }
    }

    /// <summary>Splits a text into literals, placeholders and, where <paramref name="captures"/> allows them,
    /// groups.</summary>
    internal static bool TryRead(string text, List<Piece> pieces, bool captures, out string error)
    {
        error = "";
        var literal = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool special = c == '%' || (c == '$' && captures);
            if (char.IsControl(c))
            {
                error = $"'{text}' has a control character at position {i + 1}";
                return false;
            }

            if (!special || (i + 1 < text.Length && text[i + 1] == c))
            {
                literal.Append(c);
                i += special ? 1 : 0;
                continue;
            }

            Piece? piece = c == '%'
                ? ReadPlaceholder(text, i, out int length, out error)
                : ReadGroup(text, i, out length, out error);
            if (piece is null)
            {
                return false;
            }

            i += length;
            if (piece.Value.Placeholder is { Kind: PlaceholderKind.Env })
            {
                literal.Append(Encoding.UTF8.GetString(piece.Value.Literal));
                continue;
            }

            AddLiteral(literal, pieces);
            pieces.Add(piece.Value);
        }

        AddLiteral(literal, pieces);
        return true;
    }

    private static Piece? ReadPlaceholder(string text, int at, out int length, out string error)
    {
        int close = at + 1 < text.Length && text[at + 1] == '{' ? text.IndexOf('}', at) : -1;
        length = close - at;
        if (close < 0)
        {
            error = $"'{text}': '%' at position {at + 1} starts no placeholder; "
                + "write %{name}, or %% for a percent sign";
            return null;
        }

        Placeholder? placeholder = Placeholder.TryParse(text[(at + 2)..close], out error);
        if (placeholder is null)
        {
            return null;
        }

        if (placeholder.Kind != PlaceholderKind.Env)
        {
            return new Piece([], placeholder, "");
        }

        string? value = Environment.GetEnvironmentVariable(placeholder.Name);
        if (value is null || value.Any(char.IsControl))
        {
            error = $"environment variable {placeholder.Name} is not set, or has control characters";
            return null;
        }

        return new Piece(Encoding.UTF8.GetBytes(value), placeholder, "");
    }

    private static Piece? ReadGroup(string text, int at, out int length, out string error)
    {
        string? group = CaptureTemplate.ReadGroup(text, at + 1, out length);
        error = group is null
            ? $"'{text}': '$' at position {at + 1} is not followed by a group; "
                + "write $1, ${name}, or $$ for a dollar sign"
            : "";
        return group is null ? null : new Piece([], null, group);
    }

    private static void AddLiteral(StringBuilder literal, List<Piece> pieces)
    {
        if (literal.Length != 0)
        {
            pieces.Add(new Piece(Encoding.UTF8.GetBytes(literal.ToString()), null, ""));
            literal.Clear();
        }
    }

    /// <summary>Control characters become spaces: a value of a request must not end the line it is written
    /// into.</summary>
    private static void AddClean(ref ByteWriter writer, scoped ReadOnlySpan<byte> value)
    {
        int start = writer.Length;
        writer.Add(value);
        foreach (ref byte b in writer.Written[start..])
        {
            b = b is < 0x20 or 0x7F ? (byte)' ' : b;
        }
    }

    /// <summary>A literal (no placeholder, no group), a placeholder, or a group of the route's expression.</summary>
    internal readonly record struct Piece(byte[] Literal, Placeholder? Placeholder, string Group);
}
