using Proxy.Edge.Rewriting;

namespace Proxy.Actors.Config.Validation;

/// <summary>Rewrites of paths and the mapping back.</summary>
internal static class RewriteValidator
{
    public static void Check(ProxyConfig config, ProblemList problems)
    {
        for (int i = 0; i < config.Routes.Count; i++)
        {
            RouteConfig route = config.Routes[i];
            string path = Keys.Route(i);
            CheckPrefix(route, $"{path}.rewrite.prefix", problems);
            CheckRegex(route, $"{path}.rewrite", problems);
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
            problems.Error(
                path, "there is no path prefix to replace", "match.path, or rewrite.regex instead of rewrite.prefix");
        }
    }

    private static void CheckRegex(RouteConfig route, string path, ProblemList problems)
    {
        RewriteConfig rewrite = route.Rewrite;
        if (rewrite.Prefix is not null && (rewrite.Regex is not null || rewrite.Replacement is not null))
        {
            problems.Error(
                $"{path}.prefix", "regex or replacement is given as well", "a prefix alone, or regex with replacement");
        }

        if (rewrite is { Regex: not null, Replacement: null })
        {
            problems.Error($"{path}.regex", "replacement is missing", "regex together with replacement");
        }

        if (rewrite is { Regex: null, Replacement: not null } && route.Match.PathRegex.Length == 0)
        {
            problems.Error(
                $"{path}.replacement", "there is no expression", "together with rewrite.regex or match.path-regex");
        }

        if (rewrite.Replacement is { } replacement &&
            !TargetWriter.TryCreate(new PathRewriteRule { Replacement = replacement }, out _, out string error))
        {
            problems.Error($"{path}.replacement", error);
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
            if (!ResponseMapping.IsValidPrefix(url))
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
