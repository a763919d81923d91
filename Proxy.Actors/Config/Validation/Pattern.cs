using System.Text.RegularExpressions;

namespace Proxy.Actors.Config.Validation;

/// <summary>Regular expressions, as the linear-time engine takes them, so that no request can make one slow.</summary>
internal static class Pattern
{
    public const string Accepted = "a .NET regular expression without look-around and back-references";

    public static string? Problem(string pattern)
    {
        try
        {
            _ = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return $"not an expression: {e.Message}";
        }
    }
}
