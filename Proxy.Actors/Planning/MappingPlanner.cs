using Proxy.Actors.Config;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Snapshot;

namespace Proxy.Actors.Planning;

/// <summary>Derives from a route what Apache's operators write as ProxyPassReverse, ProxyPassReverseCookieDomain and
/// ...CookiePath: by which URLs and paths the origins know what the route shows, and what clients have to see
/// instead.</summary>
internal static class MappingPlanner
{
    public static ResponseMappingRule Plan(RouteConfig route, PoolPlan pool)
    {
        (string publicPath, string behind) = Paths(route);
        string firstBase = pool.Members.Count == 0 ? "" : pool.Members[0].BasePath;
        string originPath = route.Mapping.OriginPath ?? firstBase + behind;

        IEnumerable<string> derived = pool.Members.SelectMany(member => Prefixes(member, route, behind))
            .Append($"http://{pool.Name.ToLowerInvariant()}{originPath}")
            .Where(prefix => !IsPublic(prefix, route));
        return new ResponseMappingRule
        {
            Enabled = route.Mapping.Enabled,
            OriginPrefixes = [.. route.Mapping.OriginUrls.Concat(derived).Distinct(StringComparer.Ordinal)],
            OriginPath = originPath,
            PublicPath = publicPath,
            MapRequestHost = route.Host == "preserve",
            CookieDomains = CookieDomains(route, pool),
        };
    }

    /// <summary>The public path and the path it has on the origin, without the base path of a member's URL. Only a
    /// prefix rewrite moves paths in a way that can be turned round; everything else leaves them where they
    /// are.</summary>
    private static (string Public, string Behind) Paths(RouteConfig route) =>
        route.Rewrite.Prefix is { } prefix
            ? (route.Match.Path.Length == 0 ? "/" : route.Match.Path, prefix)
            : ("/", "/");

    private static IEnumerable<string> Prefixes(MemberPlan member, RouteConfig route, string behind)
    {
        string path = route.Mapping.OriginPath ?? member.BasePath + behind;
        yield return $"http://{member.HostHeader}{path}";

        // An origin builds its URLs from the Host field it gets.
        if (route.Host is not ("member" or "preserve"))
        {
            yield return $"http://{route.Host.ToLowerInvariant()}{path}";
        }
    }

    // A URL by which clients know the route already must stay: mapping it again would move its path twice.
    private static bool IsPublic(string prefix, RouteConfig route) =>
        route.Match.Host.Any(host => prefix.StartsWith($"http://{host}/", StringComparison.Ordinal)) &&
        !route.Mapping.OriginUrls.Contains(prefix);

    private static KeyValuePair<string, string>[] CookieDomains(RouteConfig route, PoolPlan pool)
    {
        var domains = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (NamedText given in route.Mapping.CookieDomains)
        {
            domains[given.Name] = given.Value;
        }

        IEnumerable<string> hosts = pool.Members.Select(member => HostOf(member.HostHeader));
        foreach (string host in route.Host is "member" or "preserve" ? hosts : hosts.Append(HostOf(route.Host)))
        {
            // Without the attribute the cookie belongs to the host the client asked, which is what an origin means
            // that names itself.
            if (!route.Match.Host.Contains(host.ToLowerInvariant()))
            {
                domains.TryAdd(host, "");
            }
        }

        return [.. domains];
    }

    private static string HostOf(string authority)
    {
        int colon = authority.LastIndexOf(':');
        return colon > authority.LastIndexOf(']') ? authority[..colon] : authority; // "[::1]" has colons but no port
    }
}
