namespace Proxy.Actors.Config.Validation;

/// <summary>Rewrites of paths, and what they make of the border between two segments.</summary>
internal static class RewriteValidator
{
    public static void Check(ProxyConfig config, ProblemList problems)
    {
        for (int i = 0; i < config.Routes.Count; i++)
        {
            RouteConfig route = config.Routes[i];
            string path = Keys.Route(i);
            CheckPrefix(route, $"{path}.rewrite.prefix", problems);
            CheckRegex(route.Rewrite, $"{path}.rewrite", problems);
            CheckMapping(route.Mapping, $"{path}.mapping", problems);
        }
    }

    private static void CheckPrefix(RouteConfig route, string path, ProblemList problems)
    {
        if (route.Rewrite.Prefix is not { } prefix)
        {
            return;
        }

        if (!prefix.StartsWith('/') || prefix.AsSpan().IndexOfAny("?#") >= 0)
        {
            problems.Error(path, "not a path", "a path that starts with /, without query");
            return;
        }

        if (route.Match.PathExact.Length > 0 || route.Match.PathRegex.Length > 0)
        {
            problems.Error(path, "there is no path prefix to replace", "match.path, or rewrite.regex instead of rewrite.prefix");
            return;
        }

        string matched = route.Match.Path.Length == 0 ? "/" : route.Match.Path;
        if (matched.EndsWith('/') != prefix.EndsWith('/'))
        {
            problems.Warn(
                path,
                $"of \"{matched}\" and \"{prefix}\" only one ends in /: \"{matched.TrimEnd('/')}/x\" becomes \"{Joined(matched, prefix)}\"");
        }
    }

    // What textual replacement makes of a path right below the prefix.
    private static string Joined(string matched, string prefix) => matched.EndsWith('/') ? $"{prefix}x" : $"{prefix}/x";

    private static void CheckRegex(RewriteConfig rewrite, string path, ProblemList problems)
    {
        if (rewrite is { Prefix: not null, Regex: not null })
        {
            problems.Error($"{path}.regex", "prefix is given as well", "prefix or regex");
        }

        if (rewrite is { Regex: not null, Replacement: null })
        {
            problems.Error($"{path}.regex", "replacement is missing", "regex together with replacement");
        }

        if (rewrite is { Regex: null, Replacement: not null })
        {
            problems.Error($"{path}.replacement", "regex is missing", "regex together with replacement");
        }

        if (rewrite.Regex is { } pattern && Pattern.Problem(pattern) is { } problem)
        {
            problems.Error($"{path}.regex", problem, Pattern.Accepted);
        }
    }

    private static void CheckMapping(MappingConfig mapping, string path, ProblemList problems)
    {
        foreach (string url in mapping.OriginUrls)
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? parsed) || parsed.Scheme is not ("http" or "https") ||
                parsed.Query.Length > 0)
            {
                problems.Error($"{path}.origin-urls", $"\"{url}\" is not a URL prefix", "such as http://app.internal/");
            }
        }

        if (mapping.OriginPath is { } origin && !origin.StartsWith('/'))
        {
            problems.Error($"{path}.origin-path", "does not start with /", "a path that starts with /");
        }
    }
}
