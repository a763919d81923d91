using Proxy.Actors.Config;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Routing;
using Proxy.Edge.Snapshot;

namespace Proxy.Actors.Planning;

/// <summary>Compiles a route.</summary>
internal static class RoutePlanner
{
    /// <param name="match">Conditions of the running revision when they are the same: the route table then stays
    /// too.</param>
    public static RoutePlan Plan(
        RouteConfig route, int index, PoolPlan? pool, RouteMatch? match, LiveRegistry live) => new()
    {
        Index = index,
        Name = route.Name,
        Match = match ?? PlanMatch(route.Match),
        Pool = pool,
        Redirect = route.Redirect,
        Response = route.Respond,
        Rewrite = PlanRewrite(route.Rewrite),
        Host = route.Host switch
        {
            "member" => HostPolicy.Member,
            "preserve" => HostPolicy.Preserve,
            _ => HostPolicy.Fixed,
        },
        FixedHost = route.Host is "member" or "preserve" ? "" : route.Host,
        RequestHeaders = PlanEdits(route.RequestHeaders),
        ResponseHeaders = PlanEdits(route.ResponseHeaders),
        Mapping = pool is null ? new ResponseMappingRule { Enabled = false } : MappingPlanner.Plan(route, pool),
        Upgrades = route.Upgrade,
        MaxRequestBody = route.MaxBody,
        RateLimit = route.RateLimit is { } limit ? live.RateLimit(route.Name, limit) : null,
    };

    private static RouteMatch PlanMatch(MatchConfig match)
    {
        (PathMatchKind kind, string path) = match switch
        {
            { PathExact.Length: > 0 } => (PathMatchKind.Exact, match.PathExact),
            { PathRegex.Length: > 0 } => (PathMatchKind.Regex, match.PathRegex),
            { Path.Length: > 0 } => (PathMatchKind.Prefix, match.Path),
            _ => (PathMatchKind.Any, ""),
        };
        return new RouteMatch
        {
            Hosts = match.Host,
            PathKind = kind,
            Path = path,
            ExcludePaths = match.Exclude,
            Methods = match.Method,
            Headers = match.Header,
            Cookies = match.Cookie,
            Query = match.Query,
            Sources = match.Source,
            Listeners = match.Listener,
        };
    }

    private static PathRewriteRule? PlanRewrite(RewriteConfig rewrite) => rewrite == new RewriteConfig()
        ? null
        : new PathRewriteRule
        {
            Prefix = rewrite.Prefix,
            Regex = rewrite.Regex,
            Replacement = rewrite.Replacement,
            SetQuery = [.. rewrite.Query.Set.Select(pair => KeyValuePair.Create(pair.Name, pair.Value))],
            RemoveQuery = rewrite.Query.Remove,
        };

    private static HeaderEdit[] PlanEdits(HeaderEditsConfig edits) =>
    [
        .. edits.Remove.Select(name => new HeaderEdit(HeaderEditKind.Remove, name)),
        .. edits.Set.Select(edit => new HeaderEdit(HeaderEditKind.Set, edit.Name, edit.Value)),
        .. edits.Add.Select(edit => new HeaderEdit(HeaderEditKind.Add, edit.Name, edit.Value)),
        .. edits.Default.Select(edit => new HeaderEdit(HeaderEditKind.Default, edit.Name, edit.Value)),
    ];
}
