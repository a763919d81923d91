namespace Proxy.Actors.Config.Validation;

/// <summary>Members of pools: there are some, each once, and traffic can go somewhere.</summary>
internal static class PoolValidator
{
    public static void Check(ProxyConfig config, ProblemList problems)
    {
        foreach (PoolConfig pool in config.Pools)
        {
            CheckMembers(pool, problems);
            if (!config.Routes.Any(route => route.Pool == pool.Name))
            {
                problems.Warn(Keys.Pool(pool), "no route uses the pool");
            }
        }
    }

    private static void CheckMembers(PoolConfig pool, ProblemList problems)
    {
        string members = $"{Keys.Pool(pool)}.members";
        if (pool.Members.Count == 0)
        {
            problems.Error(members, "the pool has no members", "[ { name = a, url = \"http://127.0.0.1:9001\" } ]");
            return;
        }

        Keys.Unique(pool.Members, m => m.Name, i => $"{Keys.Member(pool, i)}.name", "the name", problems);
        var urls = new HashSet<MemberUrl>();
        for (int i = 0; i < pool.Members.Count; i++)
        {
            if (pool.Members[i].Name.Length == 0 && !problems.IsWrong($"{Keys.Member(pool, i)}.name"))
            {
                problems.Error($"{Keys.Member(pool, i)}.name", "empty", "a name, unique in the pool");
            }

            MemberUrl url = pool.Members[i].Url;
            if (url != MemberUrl.None && !urls.Add(url))
            {
                problems.Warn($"{Keys.Member(pool, i)}.url", "another member of the pool has the same URL");
            }
        }

        if (pool.Members.All(member => member.Weight == 0))
        {
            problems.Error(members, "every weight is 0, so no member gets requests", "at least one weight above 0");
        }

        if (pool.Members.Select(member => member.Url.BasePath).Distinct().Count() > 1)
        {
            problems.Warn(
                members,
                "paths of the URLs differ; redirects and cookies with a path are mapped by that of the first member");
        }
    }
}
