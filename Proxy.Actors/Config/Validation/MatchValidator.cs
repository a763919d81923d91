using Proxy.Edge.Routing;

namespace Proxy.Actors.Config.Validation;

/// <summary>Conditions of routes: paths, hosts, methods and expressions that can match something.</summary>
internal static class MatchValidator
{
    public static void Check(ProxyConfig config, ProblemList problems)
    {
        for (int i = 0; i < config.Routes.Count; i++)
        {
            CheckOne(config.Routes[i].Match, $"{Keys.Route(i)}.match", problems);
        }
    }

    private static void CheckOne(MatchConfig match, string path, ProblemList problems)
    {
        string[] given = [.. new[] { match.Path, match.PathExact, match.PathRegex }.Where(text => text.Length > 0)];
        if (given.Length > 1)
        {
            problems.Error(path, "several conditions on the path", "one of path, path-exact, path-regex");
        }

        CheckPath(match.Path, $"{path}.path", problems);
        CheckPath(match.PathExact, $"{path}.path-exact", problems);
        CheckPattern(match.PathRegex, $"{path}.path-regex", problems);
        foreach (string exclude in match.Exclude)
        {
            CheckPath(exclude, $"{path}.exclude", problems);
        }

        foreach (string host in match.Host)
        {
            string name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
            bool v6 = name.StartsWith('[') && FieldText.IsAuthority(name);
            if (host != "*" && !v6 && !HostName.IsValid(name.TrimEnd('.')))
            {
                problems.Error($"{path}.host", $"\"{host}\" is not a host name", "a name without port, or *.name");
            }
        }

        foreach (string method in match.Method)
        {
            if (!FieldText.IsToken(method))
            {
                problems.Error($"{path}.method", $"\"{method}\" is not a method", "a method such as GET");
            }
        }

        CheckTests(match.Header, $"{path}.header", "header", problems);
        CheckTests(match.Cookie, $"{path}.cookie", "cookie", problems);
        CheckTests(match.Query, $"{path}.query", null, problems);
    }

    private static void CheckPath(string text, string path, ProblemList problems)
    {
        if (text.Length == 0)
        {
            return;
        }

        if (!text.StartsWith('/'))
        {
            problems.Error(path, "does not start with /", $"\"/{text}\"");
        }
        else if (text.AsSpan().IndexOfAny("?#") >= 0)
        {
            problems.Error(path, "a path has no query and no fragment", "a path; match the query with the key query");
        }
    }

    private static void CheckTests(ConfigList<ValueMatch> tests, string path, string? token, ProblemList problems)
    {
        foreach (ValueMatch test in tests)
        {
            if (token is not null && !FieldText.IsToken(test.Name))
            {
                problems.Error(path, $"\"{test.Name}\" is not the name of a {token}");
            }

            if (test.Kind == ValueMatchKind.Regex)
            {
                CheckPattern(test.Value, path, problems);
            }
        }
    }

    private static void CheckPattern(string pattern, string path, ProblemList problems)
    {
        if (pattern.Length > 0 && Pattern.Problem(pattern) is { } problem)
        {
            problems.Error(path, problem, Pattern.Accepted);
        }
    }
}
