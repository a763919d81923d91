using System.Text;

namespace Proxy.Actors.Hocon.Syntax;

/// <summary>
/// Reads one file. An error is reported where it is, the rest of its line (or of the brackets opened on it) is passed
/// over, and reading goes on, so that one run shows every mistake.
/// </summary>
internal sealed class HoconParser
{
    private readonly HoconErrorList _errors;
    private readonly int _maxDepth;
    private readonly HoconScanner _scanner;
    private readonly List<char> _closers = [];

    private HoconParser(HoconText source, HoconErrorList errors, int maxDepth)
    {
        _errors = errors;
        _maxDepth = maxDepth;
        _scanner = new HoconScanner(source, errors);
    }

    /// <summary>
    /// The root object or list. Errors, if any, are in the list; the result is then what could be read.
    /// </summary>
    public static HoconSyntax Parse(HoconText source, HoconErrorList errors, int maxDepth)
    {
        var unpaired = source.FirstUnpairedSurrogate();
        if (unpaired >= 0)
        {
            errors.Add(source.At(unpaired), "half of a surrogate pair: expected valid Unicode text");
            return new ObjectSyntax(source.At(0), []);
        }

        return new HoconParser(source, errors, maxDepth).ParseRoot();
    }

    private HoconSyntax ParseRoot()
    {
        _scanner.SkipLines();
        var origin = _scanner.Here;
        HoconSyntax? root = _scanner.Current switch
        {
            '{' => ParseObject(),
            '[' => ParseArray(),
            _ => new ObjectSyntax(origin, ParseEntries(_scanner.Position, '\0')),
        };
        _scanner.SkipLines();
        if (!_scanner.AtEnd && !_errors.Stopped)
        {
            _scanner.Error(
                _scanner.Position,
                $"expected the end of the file after the root value but found {_scanner.Found()}");
        }

        return root ?? new ObjectSyntax(origin, []);
    }

    private ObjectSyntax? ParseObject()
    {
        var start = _scanner.Position;
        if (!Open('}'))
        {
            return null;
        }

        var entries = ParseEntries(start, '}');
        Close();
        return new ObjectSyntax(_scanner.OriginAt(start), entries);
    }

    private ArraySyntax? ParseArray()
    {
        var start = _scanner.Position;
        if (!Open(']'))
        {
            return null;
        }

        var items = new List<HoconSyntax>();
        while (Next(start, ']', "an item"))
        {
            if (ParseValue("in this list") is { } item)
            {
                items.Add(item);
                Separate(']');
            }
            else
            {
                Recover();
            }
        }

        Close();
        return new ArraySyntax(_scanner.OriginAt(start), items);
    }

    private bool Open(char closer)
    {
        if (_closers.Count >= _maxDepth)
        {
            _errors.AddLast(_scanner.Here, $"more than {_maxDepth} nested objects and lists");
            return false;
        }

        _closers.Add(closer);
        _scanner.Position++;
        return true;
    }

    private void Close() => _closers.RemoveAt(_closers.Count - 1);

    private List<EntrySyntax> ParseEntries(int start, char closer)
    {
        var entries = new List<EntrySyntax>();
        while (Next(start, closer, "a key"))
        {
            if (ParseEntry() is { } entry)
            {
                entries.Add(entry);
                Separate(closer);
            }
            else
            {
                Recover();
            }
        }

        return entries;
    }

    /// <summary>
    /// Moves to the next entry or item. False at the closing bracket, which is consumed, and wherever this object or
    /// list
    /// must be taken as ended; NUL as closer is a root without braces.
    /// </summary>
    private bool Next(int start, char closer, string expected)
    {
        while (!_errors.Stopped)
        {
            _scanner.SkipLines();
            var at = _scanner.Position;
            if (_scanner.AtEnd)
            {
                if (closer != '\0')
                {
                    var opener = closer == '}' ? '{' : '[';
                    _scanner.Error(
                        start, $"this '{opener}' is never closed: expected '{closer}' before the end of the file");
                }

                return false;
            }

            var c = _scanner.Current;
            if (c == closer)
            {
                _scanner.Position++;
                return false;
            }

            if (c is '}' or ']')
            {
                var belongsOutside = _closers.Contains(c);
                _scanner.Error(at, closer == '\0'
                    ? $"this '{c}' closes nothing: expected {expected}"
                    : $"expected {expected} or '{closer}' but found '{c}'");
                if (belongsOutside)
                {
                    return false;
                }

                _scanner.Position++;
            }
            else if (c == ',')
            {
                _scanner.Error(at, $"expected {expected} but found ',': only one comma may follow a value");
                _scanner.Position++;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>After an entry or item: a comma, a newline or the end must follow.</summary>
    private void Separate(char closer)
    {
        var newline = _scanner.SkipLines();
        if (_scanner.AtEnd)
        {
            return;
        }

        if (_scanner.Current == ',')
        {
            _scanner.Position++;
        }
        else if (!newline && _scanner.Current is not ('}' or ']') && !_errors.Stopped)
        {
            var ending = closer == '\0' ? string.Empty : $" or '{closer}'";
            _scanner.Error(_scanner.Position, $"expected ',', a new line{ending} but found {_scanner.Found()}");
            Recover();
        }
    }

    private EntrySyntax? ParseEntry()
    {
        var start = _scanner.Position;
        if (_scanner.AtUnquoted)
        {
            if (_scanner.ReadUnquoted() == "include")
            {
                return new HoconIncludeReader(_scanner).Read(start);
            }

            _scanner.Position = start;
        }

        if (_scanner.Current != '"' && !_scanner.AtUnquoted)
        {
            _scanner.Error(start, $"expected a key but found {_scanner.Found()}");
            return null;
        }

        var path = new HoconPathReader(_scanner).Read();
        if (path is null || !ReadSeparator(path, out var append))
        {
            return null;
        }

        _scanner.SkipLines();
        var value = ParseValue($"for key '{HoconPath.Render(path)}'");
        return value is null ? null : new FieldSyntax(_scanner.OriginAt(start), path, append, value);
    }

    private bool ReadSeparator(string[] path, out bool append)
    {
        append = false;
        var end = _scanner.Position;
        var newline = _scanner.SkipLines();
        switch (_scanner.Current)
        {
            case ':' or '=':
                _scanner.Position++;
                return true;
            case '+' when _scanner.Peek(1) == '=':
                append = true;
                _scanner.Position += 2;
                return true;
            case '{':
                return true;
            case '$' when _scanner.Peek(1) == '{' && !newline:
                _scanner.Error(_scanner.Position, "a substitution cannot be part of a key");
                return false;
        }

        // A key alone on its line: point at that line, which is the one to mend, and go on with the next.
        var found = newline ? "the end of the line" : _scanner.Found();
        _scanner.Error(
            newline ? end : _scanner.Position,
            $"expected ':', '=', '+=' or '{{' after key '{HoconPath.Render(path)}' but found {found}");
        if (newline)
        {
            _scanner.Position = end;
        }

        return false;
    }

    private HoconSyntax? ParseValue(string place)
    {
        var parts = new List<HoconSyntax>();
        while (true)
        {
            var blank = _scanner.Position;
            _scanner.SkipBlanks();
            var between = _scanner.Since(blank);
            if (AtValueEnd())
            {
                break;
            }

            if (ParsePart() is not { } part)
            {
                return null;
            }

            if (parts.Count > 0 && !CanFollow(parts, part))
            {
                return null;
            }

            if (parts.Count > 0 && between.Length > 0)
            {
                parts.Add(new BlankSyntax(_scanner.OriginAt(blank), between));
            }

            parts.Add(part);
        }

        if (parts.Count == 0)
        {
            _scanner.Error(_scanner.Position, $"expected a value {place} but found {_scanner.Found()}");
            return null;
        }

        return Combine(parts);
    }

    private bool AtValueEnd() =>
        _scanner.AtEnd || _scanner.AtComment || _scanner.Current is '\n' or ',' or '}' or ']';

    private HoconSyntax? ParsePart()
    {
        var start = _scanner.Position;
        var origin = _scanner.Here;
        switch (_scanner.Current)
        {
            case '{':
                return ParseObject();
            case '[':
                return ParseArray();
            case '"':
                return _scanner.ReadQuoted() is { } text ? new ScalarSyntax(HoconScalar.String(text, origin)) : null;
            case '$' when _scanner.Peek(1) == '{':
                return ParseReference();
            case ':' or '=':
                _scanner.Error(
                    start,
                    $"{_scanner.Found()} inside a value: expected ',' or a new line before a next key, "
                        + "or quotes around the text");
                return null;
        }

        if (!_scanner.AtUnquoted)
        {
            _scanner.Error(start, $"{_scanner.Found()} is reserved in unquoted text: expected quotes around the text");
            return null;
        }

        return new ScalarSyntax(HoconScalar.FromUnquoted(_scanner.ReadUnquoted(), origin));
    }

    /// <summary>Text does not join lists or objects; what a substitution stands for is known only later.</summary>
    private bool CanFollow(List<HoconSyntax> parts, HoconSyntax part)
    {
        var clash = part is ScalarSyntax
            ? parts.Exists(p => p is ObjectSyntax or ArraySyntax)
            : part is not ReferenceSyntax && parts.Exists(p => p is ScalarSyntax);
        if (clash)
        {
            _errors.Add(
                part.Origin,
                "a string cannot be joined with an object or a list: expected ',' or a new line before this");
        }

        return !clash;
    }

    private static HoconSyntax Combine(List<HoconSyntax> parts)
    {
        if (parts.Count == 1)
        {
            return parts[0];
        }

        if (!parts.TrueForAll(part => part is ScalarSyntax or BlankSyntax))
        {
            return new ConcatSyntax(parts[0].Origin, parts);
        }

        var text = new StringBuilder();
        foreach (var part in parts)
        {
            text.Append(part is BlankSyntax blank ? blank.Text : ((ScalarSyntax)part).Value.Text);
        }

        return new ScalarSyntax(HoconScalar.String(text.ToString(), parts[0].Origin));
    }

    private ReferenceSyntax? ParseReference()
    {
        var start = _scanner.Position;
        var optional = _scanner.Peek(2) == '?';
        _scanner.Position += optional ? 3 : 2;
        if (new HoconPathReader(_scanner).Read() is not { } path)
        {
            return null;
        }

        var list = _scanner.Current == '[' && _scanner.Peek(1) == ']';
        if (list)
        {
            _scanner.Position += 2;
            _scanner.SkipBlanks();
        }

        if (_scanner.Current != '}')
        {
            _scanner.Error(
                _scanner.Position,
                $"expected '}}' at the end of a substitution but found {_scanner.Found()}");
            return null;
        }

        _scanner.Position++;
        return new ReferenceSyntax(_scanner.OriginAt(start), path, optional, list);
    }

    /// <summary>
    /// Passes over the rest of a broken entry: to the end of the line, or further until brackets opened on the way are
    /// closed; a bracket that closes what is around the entry is left for it.
    /// </summary>
    private void Recover()
    {
        var open = 0;
        while (!_scanner.AtEnd)
        {
            switch (_scanner.Current)
            {
                case '\n' when open == 0:
                    return;
                case '{' or '[':
                    open++;
                    break;
                case '}' or ']' when open == 0:
                    return;
                case '}' or ']':
                    open--;
                    break;
                case '#':
                    _scanner.SkipLine();
                    continue;
                case '"':
                    _scanner.SkipQuoted();
                    continue;
            }

            _scanner.Position++;
        }
    }
}
