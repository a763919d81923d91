using System.Text;

namespace Proxy.Actors.Hocon.Syntax;

/// <summary>
/// Reads a path expression: unquoted and quoted parts run together with the white space between them, and only dots
/// outside quotes separate keys.
/// </summary>
internal sealed class HoconPathReader(HoconScanner scanner)
{
    private readonly List<string> _keys = [];
    private readonly StringBuilder _key = new();
    private bool _hasKey;
    private bool _hasDot;

    /// <summary>
    /// Null after an error was reported. Stops in front of what cannot belong to a path, white space skipped.
    /// </summary>
    public string[]? Read()
    {
        var end = scanner.Position;
        while (true)
        {
            var blank = scanner.Position;
            scanner.SkipBlanks();
            var between = scanner.Since(blank);
            if (!(scanner.Current == '"' || scanner.AtUnquoted))
            {
                break;
            }

            if (!ReadPart(between))
            {
                return null;
            }

            end = scanner.Position;
        }

        if (!_hasKey)
        {
            scanner.Error(_hasDot ? end : scanner.Position, _hasDot
                ? "a path ends with '.': expected a key after it (an empty key must be quoted)"
                : $"expected a key but found {scanner.Found()}");
            return null;
        }

        _keys.Add(_key.ToString());
        return [.. _keys];
    }

    private bool ReadPart(string between)
    {
        if (scanner.Current == '"')
        {
            Append(between);
            if (scanner.ReadQuoted() is not { } quoted)
            {
                return false;
            }

            _key.Append(quoted);
            _hasKey = true;
            return true;
        }

        var start = scanner.Position;
        var text = scanner.ReadUnquoted();
        for (var from = 0; ;)
        {
            var dot = text.IndexOf('.', from);
            var piece = dot < 0 ? text[from..] : text[from..dot];
            if (piece.Length > 0)
            {
                Append(from == 0 ? between : string.Empty);
                _key.Append(piece);
                _hasKey = true;
            }

            if (dot < 0)
            {
                return true;
            }

            if (!EndKey(start + dot))
            {
                return false;
            }

            from = dot + 1;
        }
    }

    private void Append(string between)
    {
        if (_hasKey)
        {
            _key.Append(between);
        }
    }

    private bool EndKey(int dot)
    {
        if (!_hasKey)
        {
            scanner.Error(dot, "empty key in a path: expected a key before '.' (an empty key must be quoted)");
            return false;
        }

        _keys.Add(_key.ToString());
        _key.Clear();
        _hasKey = false;
        _hasDot = true;
        return true;
    }
}
