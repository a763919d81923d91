using Proxy.Edge.Routing;

namespace Proxy.Actors.Config.Validation;

/// <summary>Regular expressions, as the linear-time engine takes them, so that no request can make one slow.</summary>
internal static class Pattern
{
    public const string Accepted = "a .NET regular expression without look-around and back-references";

    public static string? Problem(string pattern)
    {
        try
        {
            _ = RoutePattern.Compile(pattern);
            return null;
        }
        catch (ArgumentException e)
        {
            return $"not an expression: {e.Message}";
        }
    }
}
