using Proxy.Actors.Config;
using Proxy.Edge.Snapshot;

namespace Proxy.Actors.Planning;

/// <summary>From a validated configuration to the snapshot the loops work with. Pure but for the registry, which
/// hands out live states. Plans of unchanged pools, routes and listeners keep their reference.</summary>
public static class SnapshotPlanner
{
    /// <param name="config">Without errors, as <see cref="ConfigLoader"/> gives it.</param>
    /// <param name="previous">The revision that runs, or <see cref="PlannedRevision.None"/>.</param>
    /// <param name="number">The revision's; null = one more than before.</param>
    public static PlannedRevision Plan(
        ProxyConfig config, LiveRegistry live, PlannedRevision previous, long? number = null)
    {
        Dictionary<string, PoolPlan> pools = PlanPools(config, live, previous);
        RoutePlan[] routes = PlanRoutes(config, pools, live, previous);
        ListenerPlan[] listeners = PlanListeners(config, routes, live, previous);
        return new PlannedRevision(config, new EdgeSnapshot
        {
            Revision = number ?? previous.Snapshot.Revision + 1,
            Listeners = listeners,
            Routes = routes,
            Pools = [.. config.Pools.Select(pool => pools[pool.Name])],
        });
    }

    private static Dictionary<string, PoolPlan> PlanPools(
        ProxyConfig config, LiveRegistry live, PlannedRevision previous)
    {
        Dictionary<string, (PoolConfig Config, PoolPlan Plan)> before = ByName(
            previous.Config.Pools, previous.Snapshot.Pools, static pool => pool.Name);
        var pools = new Dictionary<string, PoolPlan>(StringComparer.Ordinal);
        foreach (PoolConfig pool in config.Pools)
        {
            bool known = before.TryGetValue(pool.Name, out (PoolConfig Config, PoolPlan Plan) old);
            pools[pool.Name] = known && old.Config == pool && HasSameTls(pool, old.Plan, live)
                ? old.Plan
                : PoolPlanner.Plan(pool, live, known ? old.Plan : null);
        }

        return pools;
    }

    /// <summary>The files behind unchanged keys may have changed.</summary>
    private static bool HasSameTls(PoolConfig pool, PoolPlan plan, LiveRegistry live) =>
        plan.Members.All(member => member.Tls is null || ReferenceEquals(member.Tls.Context, live.Tls.Origin(pool)));

    private static RoutePlan[] PlanRoutes(
        ProxyConfig config, Dictionary<string, PoolPlan> pools, LiveRegistry live, PlannedRevision previous)
    {
        Dictionary<string, (RouteConfig Config, RoutePlan Plan)> before = ByName(
            previous.Config.Routes, previous.Snapshot.Routes, static route => route.Name);
        var routes = new RoutePlan[config.Routes.Count];
        for (int i = 0; i < routes.Length; i++)
        {
            RouteConfig route = config.Routes[i];
            PoolPlan? pool = route.Pool.Length == 0 ? null : pools[route.Pool];
            bool known = before.TryGetValue(route.Name, out (RouteConfig Config, RoutePlan Plan) old);
            bool same = known && old.Config == route && old.Plan.Index == i && ReferenceEquals(old.Plan.Pool, pool);
            routes[i] = same
                ? old.Plan
                : RoutePlanner.Plan(
                    route, i, pool, known && old.Config.Match == route.Match ? old.Plan.Match : null, live);
        }

        return routes;
    }

    private static ListenerPlan[] PlanListeners(
        ProxyConfig config, RoutePlan[] routes, LiveRegistry live, PlannedRevision previous)
    {
        Dictionary<string, (ListenerConfig Config, ListenerPlan Plan)> before = ByName(
            previous.Config.Listeners, previous.Snapshot.Listeners, static listener => listener.Name);
        var listeners = new ListenerPlan[config.Listeners.Count];
        for (int i = 0; i < listeners.Length; i++)
        {
            ListenerConfig listener = config.Listeners[i];
            RoutePlan[] own = [.. routes.Where(route => IsFor(route, listener.Name))];
            bool known = before.TryGetValue(listener.Name, out (ListenerConfig Config, ListenerPlan Plan) old);
            bool same = known && old.Config == listener &&
                own.SequenceEqual(old.Plan.RoutePlans, ReferenceEqualityComparer.Instance);
            listeners[i] = same
                ? old.Plan
                : ListenerPlanner.Plan(listener, own, known ? old.Plan : null, live);
        }

        return listeners;
    }

    private static Dictionary<string, (TConfig Config, TPlan Plan)> ByName<TConfig, TPlan>(
        IEnumerable<TConfig> configs, IEnumerable<TPlan> plans, Func<TConfig, string> name) =>
        configs.Zip(plans).ToDictionary(pair => name(pair.First), StringComparer.Ordinal);

    private static bool IsFor(RoutePlan route, string listener) =>
        route.Match.Listeners.Count == 0 || route.Match.Listeners.Contains(listener);
}
