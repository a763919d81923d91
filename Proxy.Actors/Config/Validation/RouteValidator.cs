using Proxy.Actors.Config.Schema;
using Proxy.Edge.Rewriting;

namespace Proxy.Actors.Config.Validation;

/// <summary>What routes do: exactly one action each, and only pools and listeners that exist.</summary>
internal static class RouteValidator
{
    private const string Actions = "exactly one of pool, redirect, respond";

    public static void Check(ProxyConfig config, ProblemList problems)
    {
        if (config.Routes.Count == 0)
        {
            problems.Warn(Keys.Routes, "there is no route; every request is answered 404");
        }

        Keys.Unique(config.Routes, r => r.Name, i => $"{Keys.Route(i)}.name", "the name", problems);
        string[] pools = [.. config.Pools.Select(pool => pool.Name)];
        string[] listeners = [.. config.Listeners.Select(listener => listener.Name)];
        for (int i = 0; i < config.Routes.Count; i++)
        {
            RouteConfig route = config.Routes[i];
            string path = Keys.Route(i);
            CheckAction(route, path, problems);
            CheckAnswer(route, path, problems);
            CheckReference(route.Pool, pools, $"{path}.pool", "pool", problems);
            foreach (string listener in route.Match.Listener)
            {
                CheckReference(listener, listeners, $"{path}.match.listener", "listener", problems);
            }

            CheckHost(route, path, problems);
            CheckIdleKeys(route, path, problems);
        }
    }

    private static void CheckAction(RouteConfig route, string path, ProblemList problems)
    {
        bool[] given = [route.Pool.Length > 0, route.Redirect is not null, route.Respond is not null];
        int actions = given.Count(one => one);
        bool excused = problems.IsWrong($"{path}.pool");
        if (actions == 0 && !excused)
        {
            problems.Error(path, "the route does nothing", Actions);
        }
        else if (actions > 1)
        {
            problems.Error(path, "the route has several actions", Actions);
        }
    }

    // Answers of the proxy's own are compiled once here to see that they can be.
    private static void CheckAnswer(RouteConfig route, string path, ProblemList problems)
    {
        if (route.Redirect is { Location.Length: > 0 } redirect &&
            !RedirectAnswer.TryCreate(redirect, out _, out string wrong))
        {
            problems.Error($"{path}.redirect.to", wrong);
        }

        if (route.Respond is { } respond && !FixedAnswer.TryCreate(respond, out _, out wrong))
        {
            problems.Error($"{path}.respond", wrong);
        }
    }

    private static void CheckReference(string name, string[] known, string path, string what, ProblemList problems)
    {
        if (name.Length == 0 || known.Contains(name))
        {
            return;
        }

        string near = NearestName.Find(name, known) is { } nearest ? $", did you mean \"{nearest}\"?" : "";
        string accepted = known.Length == 0 ? $"define a {what} first" : string.Join(", ", known);
        problems.Error(path, $"there is no {what} \"{name}\"{near}", accepted);
    }

    private static void CheckHost(RouteConfig route, string path, ProblemList problems)
    {
        if (route.Host is not ("member" or "preserve") && !FieldText.IsAuthority(route.Host))
        {
            problems.Error($"{path}.host", "not a host", "member, preserve, or a fixed host[:port]");
        }
    }

    // Keys that only speak to origins, on a route that never reaches one.
    private static void CheckIdleKeys(RouteConfig route, string path, ProblemList problems)
    {
        if (route.Pool.Length > 0)
        {
            return;
        }

        var defaults = new RouteConfig();
        foreach ((string key, bool given) in (ReadOnlySpan<(string, bool)>)
            [
                ("rewrite", route.Rewrite != defaults.Rewrite),
                ("host", route.Host != defaults.Host),
                ("request-headers", route.RequestHeaders != defaults.RequestHeaders),
                ("mapping", route.Mapping != defaults.Mapping),
            ])
        {
            if (given)
            {
                problems.Warn($"{path}.{key}", "has no effect: the route does not forward");
            }
        }
    }
}
