using Proxy.Actors.Config;
using Proxy.Edge.Affinity;
using Proxy.Edge.Balancing;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Planning;

/// <summary>Compiles a pool and its members.</summary>
internal static class PoolPlanner
{
    /// <param name="previous">Plan of the pool of that name in the running revision; unchanged members keep
    /// theirs.</param>
    public static PoolPlan Plan(PoolConfig pool, LiveRegistry live, PoolPlan? previous)
    {
        MemberPlan[] members =
            [.. pool.Members.Select(member => Reused(PlanMember(pool, member, live), previous))];
        return new PoolPlan
        {
            Name = pool.Name,
            State = live.Pool(pool.Name),
            Members = members,
            Balancer = FindBalancer(pool.Balance),
            Affinity = PlanAffinity(pool, members, live),
            NoFailover = pool.Affinity.NoFailover,
            Timeouts = pool.Timeouts,
            Retry = pool.Retry,
            Reuse = pool.Reuse,
            FailureStatuses = pool.Health.Passive.Failures > 0 ? pool.Health.Passive.Statuses : null,
        };
    }

    private static MemberPlan PlanMember(PoolConfig pool, MemberConfig member, LiveRegistry live) => new()
    {
        State = live.Member(pool.Name, member),
        Route = member.EffectiveRoute,
        HostHeader = member.Url.HostHeader,
        BasePath = member.Url.BasePath,
        MaxConnections = member.EffectiveMaxConnections,
        MaxClusterConnections = member.MaxConnectionsCluster,
        Protocol = pool.Protocol,
        Tls = member.Url.IsTls ? new OriginTlsPlan(live.Tls.Origin(pool)) : null,
        TlsName = !member.Url.IsTls ? ""
            : pool.Tls.ServerName.Length > 0 ? pool.Tls.ServerName
            : member.Url.Host,
    };

    // Member plans are records of values and one live state, so equality is "nothing changed".
    private static MemberPlan Reused(MemberPlan planned, PoolPlan? previous) =>
        previous?.Members.FirstOrDefault(old => old == planned) ?? planned;

    private static IAffinity? PlanAffinity(PoolConfig pool, MemberPlan[] members, LiveRegistry live)
    {
        // Standbys come last: where several members share a route, the first that serves is taken.
        AffinityRoute[] routes =
        [
            .. members.Zip(pool.Members)
                .OrderBy(pair => pair.Second.EffectiveRole == MemberRole.Standby)
                .Select(pair => new AffinityRoute(pair.First.Route, pair.First.State)),
        ];
        var links = new List<IAffinity>();
        if (pool.Affinity.Cookie is { } cookie)
        {
            links.Add(new CookieAffinity(cookie, routes));
        }

        if (pool.Affinity.ApplicationCookie is { } session)
        {
            links.Add(new SessionAffinity(
                session.Names, live.Bonds(pool.Name, "session", routes, session.Timeout)));
        }

        if (pool.Affinity.Source is { } source)
        {
            links.Add(new SourceAffinity(
                live.Bonds(pool.Name, "source", routes, source.Timeout),
                new AddressPrefix(source.PrefixV4, source.PrefixV6)));
        }

        return links.Count > 1 ? new AffinityChain(links) : links.FirstOrDefault();
    }

    private static IBalancerFactory FindBalancer(string name) =>
        BalancerCatalog.TryFind(name, out IBalancerFactory? factory)
            ? factory
            : throw new ArgumentException($"no balancing method \"{name}\"; the reader accepts only known ones");
}
