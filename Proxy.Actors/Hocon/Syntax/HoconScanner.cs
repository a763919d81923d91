using System.Globalization;
using System.Text;

namespace Proxy.Actors.Hocon.Syntax;

/// <summary>
/// A cursor over the text of one file: white space, comments, strings and unquoted text. Methods that can fail report
/// the error where it is and return null, leaving the cursor at the place of the error.
/// </summary>
internal sealed class HoconScanner(HoconText source, HoconErrorList errors)
{
    private readonly string _text = source.Text;

    public int Position { get; set; }

    public bool AtEnd => Position >= _text.Length;

    /// <summary>NUL at the end, so ask <see cref="AtEnd"/> where a NUL in the text would matter.</summary>
    public char Current => Peek(0);

    public bool AtComment => Current == '#' || (Current == '/' && Peek(1) == '/');

    public bool AtUnquoted => !AtEnd && HoconCharacters.IsUnquoted(Current) && !AtComment;

    public HoconOrigin Here => source.At(Position);

    public HoconOrigin OriginAt(int offset) => source.At(offset);

    public char Peek(int ahead) => Position + ahead < _text.Length ? _text[Position + ahead] : '\0';

    public string Since(int start) => _text[start..Position];

    public void Error(int offset, string message) => errors.Add(source.At(offset), message);

    /// <summary>Skips white space up to the end of the line.</summary>
    public void SkipBlanks()
    {
        while (!AtEnd && HoconCharacters.IsBlank(_text[Position]))
        {
            Position++;
        }
    }

    public void SkipLine()
    {
        var end = _text.IndexOf('\n', Position);
        Position = end < 0 ? _text.Length : end;
    }

    /// <summary>Skips white space, comments and newlines; true when there was a newline among them.</summary>
    public bool SkipLines()
    {
        var newline = false;
        while (true)
        {
            SkipBlanks();
            if (AtEnd)
            {
                return newline;
            }

            if (Current == '\n')
            {
                newline = true;
                Position++;
            }
            else if (AtComment)
            {
                SkipLine();
            }
            else
            {
                return newline;
            }
        }
    }

    /// <summary>
    /// Unquoted text: up to a reserved character, white space or a comment; a leading number may hold a plus.
    /// </summary>
    public string ReadUnquoted()
    {
        var start = Position;
        Position = HoconNumber.End(_text, Position);
        while (AtUnquoted)
        {
            Position++;
        }

        return Since(start);
    }

    /// <summary>A string in one or three quotes; the cursor stands on the first.</summary>
    public string? ReadQuoted() => Peek(1) == '"' && Peek(2) == '"' ? ReadMultiLine() : ReadEscaped();

    /// <summary>Passes over a string without judging it; one that is not closed ends with its line.</summary>
    public void SkipQuoted()
    {
        if (Peek(1) == '"' && Peek(2) == '"')
        {
            var close = _text.IndexOf("\"\"\"", Position + 3, StringComparison.Ordinal);
            Position = close < 0 ? _text.Length : close + 3;
            return;
        }

        for (Position++; !AtEnd && Current != '\n'; Position++)
        {
            if (Current == '"')
            {
                Position++;
                return;
            }

            if (Current == '\\' && Peek(1) != '\n')
            {
                Position++;
            }
        }

        Position = Math.Min(Position, _text.Length);
    }

    /// <summary>What to call the character under the cursor in a message.</summary>
    public string Found()
    {
        if (AtEnd)
        {
            return "the end of the file";
        }

        return Current switch
        {
            '\n' => "the end of the line",
            '\'' => "a single quote",
            < ' ' => $"control character 0x{(int)Current:x2}",
            _ => $"'{Current}'",
        };
    }

    /// <summary>
    /// Everything up to a run of three or more quotes; all but the last three of that run belong to the string.
    /// </summary>
    private string? ReadMultiLine()
    {
        var start = Position;
        var close = _text.IndexOf("\"\"\"", start + 3, StringComparison.Ordinal);
        if (close < 0)
        {
            Error(start, "this multi-line string is never closed: expected \"\"\" before the end of the file");
            Position = _text.Length;
            return null;
        }

        Position = close + 3;
        while (Current == '"')
        {
            Position++;
        }

        return _text[(start + 3)..(Position - 3)];
    }

    private string? ReadEscaped()
    {
        var start = Position++;
        var text = new StringBuilder();
        while (true)
        {
            if (AtEnd || Current == '\n')
            {
                Error(start, "this string is never closed: expected '\"' before the end of the line");
                return null;
            }

            var c = Current;
            if (c == '"')
            {
                Position++;
                return Checked(text.ToString(), start);
            }

            if (c < ' ')
            {
                Error(Position, $"{Found()} in a string: expected an escape such as \\t or \\u{(int)c:x4}");
                return null;
            }

            if (c != '\\')
            {
                text.Append(c);
                Position++;
            }
            else if (!ReadEscape(text))
            {
                return null;
            }
        }
    }

    private string? Checked(string text, int start)
    {
        if (new HoconText(text, string.Empty).FirstUnpairedSurrogate() < 0)
        {
            return text;
        }

        Error(start, "this string holds half of a surrogate pair: expected both \\u escapes of the pair");
        return null;
    }

    private bool ReadEscape(StringBuilder text)
    {
        var letter = Peek(1);
        if (letter == 'u')
        {
            return ReadHexEscape(text);
        }

        var plain = letter switch
        {
            '"' or '\\' or '/' => letter,
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => '\0',
        };
        if (plain == '\0')
        {
            Error(Position, "unknown escape in a string: expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
            return false;
        }

        text.Append(plain);
        Position += 2;
        return true;
    }

    private bool ReadHexEscape(StringBuilder text)
    {
        var digits = Position + 6 <= _text.Length ? _text.AsSpan(Position + 2, 4) : [];
        if (!ushort.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
        {
            Error(Position, "bad escape in a string: expected four hexadecimal digits after \\u");
            return false;
        }

        text.Append((char)unit);
        Position += 6;
        return true;
    }
}
