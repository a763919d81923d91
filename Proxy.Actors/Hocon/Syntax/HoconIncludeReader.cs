namespace Proxy.Actors.Hocon.Syntax;

/// <summary>
/// Reads what follows the word include: <c>"f"</c>, <c>file("f")</c>, or either of them in <c>required(…)</c>.
/// </summary>
internal sealed class HoconIncludeReader(HoconScanner scanner)
{
    private const string Expected =
        "expected a quoted file name, file(\"…\") or required(…) after include (quote \"include\" to use it as a key)";

    /// <summary>Null after an error was reported.</summary>
    public IncludeSyntax? Read(int start)
    {
        scanner.SkipLines();
        if (scanner.Current == '"')
        {
            return ReadName(start, required: false, exact: false);
        }

        return ReadWord() switch
        {
            "required" => ReadRequired(start),
            "file" => ReadFile(start, required: false),
            var other => Refuse(other),
        };
    }

    private IncludeSyntax? ReadRequired(int start)
    {
        if (!ReadBracket('(', "required"))
        {
            return null;
        }

        IncludeSyntax? include;
        if (scanner.Current == '"')
        {
            include = ReadName(start, required: true, exact: false);
        }
        else
        {
            var word = ReadWord();
            include = word == "file" ? ReadFile(start, required: true) : Refuse(word);
        }

        return include is not null && ReadBracket(')', "required") ? include : null;
    }

    private IncludeSyntax? ReadFile(int start, bool required)
    {
        if (!ReadBracket('(', "file"))
        {
            return null;
        }

        if (scanner.Current != '"')
        {
            scanner.Error(scanner.Position, $"expected a quoted file name in file(…) but found {scanner.Found()}");
            return null;
        }

        var include = ReadName(start, required, exact: true);
        return include is not null && ReadBracket(')', "file") ? include : null;
    }

    private IncludeSyntax? ReadName(int start, bool required, bool exact)
    {
        var at = scanner.Position;
        if (scanner.ReadQuoted() is not { } name)
        {
            return null;
        }

        if (name.Length == 0)
        {
            scanner.Error(at, "expected a file name between the quotes");
            return null;
        }

        return new IncludeSyntax(scanner.OriginAt(start), name, required, exact);
    }

    private string ReadWord()
    {
        var start = scanner.Position;
        while (char.IsAsciiLetter(scanner.Current))
        {
            scanner.Position++;
        }

        var word = scanner.Since(start);
        scanner.Position = word is "required" or "file" ? scanner.Position : start;
        return word;
    }

    private IncludeSyntax? Refuse(string word)
    {
        scanner.Error(scanner.Position, word is "url" or "classpath" or "package"
            ? $"{word}(…) cannot be included here: expected file(\"…\")"
            : $"{Expected} but found {scanner.Found()}");
        return null;
    }

    private bool ReadBracket(char bracket, string word)
    {
        scanner.SkipLines();
        if (scanner.Current != bracket)
        {
            scanner.Error(scanner.Position, $"expected '{bracket}' of {word}(…) but found {scanner.Found()}");
            return false;
        }

        scanner.Position++;
        if (bracket == '(')
        {
            scanner.SkipLines();
        }

        return true;
    }
}
