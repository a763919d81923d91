using System.Diagnostics.CodeAnalysis;
using System.Text;
using Proxy.Actors.Hocon.Syntax;

namespace Proxy.Actors.Hocon;

/// <summary>
/// Path expressions: keys separated by dots, quoted where a key holds anything but letters, digits, '-' and '_'.
/// </summary>
public static class HoconPath
{
    public static bool TryParse(string text, [NotNullWhen(true)] out string[]? keys)
    {
        var scanner = new HoconScanner(new HoconText(text, string.Empty), new HoconErrorList(1));
        scanner.SkipBlanks();
        keys = new HoconPathReader(scanner).Read();
        if (!scanner.AtEnd)
        {
            keys = null;
        }

        return keys is not null;
    }

    public static string Render(ReadOnlySpan<string> keys)
    {
        var text = new StringBuilder();
        foreach (var key in keys)
        {
            if (text.Length > 0)
            {
                text.Append('.');
            }

            text.Append(IsPlain(key) ? key : HoconJson.Quote(key));
        }

        return text.ToString();
    }

    /// <summary>A key or string that needs no quotes anywhere.</summary>
    internal static bool IsPlain(string key)
    {
        if (key.Length == 0 || !char.IsAsciiLetter(key[0]))
        {
            return false;
        }

        foreach (var c in key)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
            {
                return false;
            }
        }

        return true;
    }
}
