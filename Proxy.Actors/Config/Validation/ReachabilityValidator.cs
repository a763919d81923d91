namespace Proxy.Actors.Config.Validation;

/// <summary>Routes that no request can reach because an earlier one takes everything they would match.</summary>
internal static class ReachabilityValidator
{
    public static void Check(ProxyConfig config, ProblemList problems)
    {
        for (int later = 1; later < config.Routes.Count; later++)
        {
            for (int earlier = 0; earlier < later; earlier++)
            {
                if (TakesAllOf(config.Routes[earlier].Match, config.Routes[later].Match))
                {
                    problems.Warn(
                        Keys.Route(later),
                        $"never reached: \"{config.Routes[earlier].Name}\" before it matches the same requests");
                    break;
                }
            }
        }
    }

    /// <summary>Certain cases only: the earlier route has no condition other than host, path and listener, and each
    /// of them is at least as wide.</summary>
    private static bool TakesAllOf(MatchConfig earlier, MatchConfig later) =>
        earlier.Exclude.Count + earlier.Method.Count + earlier.Header.Count + earlier.Cookie.Count +
            earlier.Query.Count + earlier.Source.Count == 0 &&
        IsWider(earlier.Listener, later.Listener, (wide, narrow) => wide == narrow) &&
        (earlier.Host.Contains("*") || IsWider(earlier.Host, later.Host, CoversHost)) &&
        CoversPath(earlier, later);

    private static bool IsWider(
        ConfigList<string> wide, ConfigList<string> narrow, Func<string, string, bool> covers) =>
        wide.Count == 0 || (narrow.Count > 0 && narrow.All(one => wide.Any(other => covers(other, one))));

    private static bool CoversHost(string wide, string narrow) =>
        wide == narrow ||
        (wide.StartsWith("*.", StringComparison.Ordinal) && narrow.EndsWith(wide[1..], StringComparison.Ordinal));

    private static bool CoversPath(MatchConfig wide, MatchConfig narrow)
    {
        if (wide.PathRegex.Length > 0)
        {
            return wide.PathRegex == narrow.PathRegex;
        }

        if (wide.PathExact.Length > 0)
        {
            return wide.PathExact == narrow.PathExact;
        }

        if (wide.Path is "" or "/")
        {
            return true;
        }

        string path = narrow.PathExact.Length > 0 ? narrow.PathExact : narrow.Path;
        return path.StartsWith(wide.Path, StringComparison.Ordinal) &&
            (path.Length == wide.Path.Length || wide.Path.EndsWith('/') || path[wide.Path.Length] == '/');
    }
}
