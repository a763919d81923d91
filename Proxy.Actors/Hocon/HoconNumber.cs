namespace Proxy.Actors.Hocon;

/// <summary>The number grammar of RFC 8259 section 6.</summary>
internal static class HoconNumber
{
    /// <summary>
    /// The offset behind the longest number that begins at <paramref name="start"/>, or start if none does.
    /// </summary>
    public static int End(string text, int start)
    {
        var at = start;
        if (At(text, at) == '-')
        {
            at++;
        }

        if (!char.IsAsciiDigit(At(text, at)))
        {
            return start;
        }

        at = At(text, at) == '0' ? at + 1 : SkipDigits(text, at);
        if (At(text, at) == '.' && char.IsAsciiDigit(At(text, at + 1)))
        {
            at = SkipDigits(text, at + 1);
        }

        if (At(text, at) is not ('e' or 'E'))
        {
            return at;
        }

        var exponent = At(text, at + 1) is '+' or '-' ? at + 2 : at + 1;
        return char.IsAsciiDigit(At(text, exponent)) ? SkipDigits(text, exponent) : at;
    }

    private static int SkipDigits(string text, int at)
    {
        while (char.IsAsciiDigit(At(text, at)))
        {
            at++;
        }

        return at;
    }

    private static char At(string text, int at) => at < text.Length ? text[at] : '\0';
}
