using System.Globalization;

namespace Proxy.Actors.Hocon.Syntax;

/// <summary>The character classes of the specification (sections "Whitespace" and "Unquoted strings").</summary>
internal static class HoconCharacters
{
    /// <summary>White space other than the newline, which alone ends a line. The byte order mark counts too.</summary>
    public static bool IsBlank(char c) => c switch
    {
        ' ' or '\t' or '\r' or '\v' or '\f' or '\u00A0' or '\uFEFF' => true,
        >= '\u001C' and <= '\u001F' => true,
        < '\u0080' => false,
        _ => char.GetUnicodeCategory(c) is UnicodeCategory.SpaceSeparator
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator,
    };

    public static bool IsReserved(char c) => c is '$' or '"' or '{' or '}' or '[' or ']' or ':' or '=' or ',' or '+'
        or '#' or '`' or '^' or '?' or '!' or '@' or '*' or '&' or '\\';

    public static bool IsUnquoted(char c) => c != '\n' && !IsReserved(c) && !IsBlank(c);
}
