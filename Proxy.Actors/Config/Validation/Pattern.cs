using Proxy.Edge.Routing;

namespace Proxy.Actors.Config.Validation;

/// <summary>Regular expressions, as the linear-time engine takes them, so that no request can make one slow.</summary>
internal static class Pattern
{
    public const string Accepted = "a .NET regular expression without look-around and back-references";

    public static string? Problem(string pattern) =>
        RoutePattern.TryCompile(pattern, out _, out string error) ? null : error;
}
