using Proxy.Edge.Affinity;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Config.Validation;

/// <summary>Affinity: options that make a cookie browsers take, and routes that name one member each.</summary>
internal static class AffinityValidator
{
    public static void Check(ProxyConfig config, ProblemList problems)
    {
        foreach (PoolConfig pool in config.Pools)
        {
            string path = $"{Keys.Pool(pool)}.affinity";
            AffinityConfig affinity = pool.Affinity;
            if (affinity.Cookie is null && affinity.ApplicationCookie is null && affinity.Source is null)
            {
                if (affinity.NoFailover)
                {
                    problems.Warn(
                        $"{path}.no-failover", "has no effect without a cookie, application-cookie or source");
                }

                continue;
            }

            if (affinity.ApplicationCookie?.Names.Problem() is { } wrong)
            {
                problems.Error($"{path}.application-cookie", wrong);
            }

            CheckRoutes(pool, problems);
            if (affinity.Cookie is { } cookie)
            {
                CheckCookie(pool, cookie, $"{path}.cookie", problems);
            }
        }
    }

    private static void CheckRoutes(PoolConfig pool, ProblemList problems) =>
        Keys.Unique(
            pool.Members,
            m => m.EffectiveRoute,
            i => $"{Keys.Member(pool, i)}.route",
            "with affinity, the route",
            problems);

    private static void CheckCookie(PoolConfig pool, CookieAffinityOptions cookie, string path, ProblemList problems)
    {
        if (cookie.Problem() is { } wrong)
        {
            problems.Error(path, wrong);
        }

        for (int i = 0; i < pool.Members.Count; i++)
        {
            MemberConfig member = pool.Members[i];
            var state = new MemberState(new MemberId(pool.Name, member.Name), member.Url.Text, loops: 0);
            var route = new AffinityRoute(member.EffectiveRoute, state);
            if (member.Name.Length > 0 && CookieAffinity.Problem([route]) is { } problem)
            {
                problems.Error($"{Keys.Member(pool, i)}.route", problem);
            }
        }
    }
}
