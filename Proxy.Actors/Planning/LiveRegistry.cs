using Proxy.Actors.Config;
using Proxy.Actors.Ports;
using Proxy.Edge.Affinity;
using Proxy.Edge.Limits;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Planning;

/// <summary>Keeps the live side of pools and members from one revision to the next. A member is the same one as long as
/// pool, name and URL stay; another URL under the old name is another origin, with nothing known about it.
/// Used by one thread at a time: whoever plans revisions.</summary>
/// <param name="loops">Event loops of this node; each gets its own counters in every member.</param>
/// <param name="tls">Needed only by configurations with TLS.</param>
/// <param name="tables">Needed only by configurations that remember clients.</param>
public sealed class LiveRegistry(int loops, ITlsContexts? tls = null, LiveTables? tables = null)
{
    private readonly Dictionary<string, PoolState> _pools = new(StringComparer.Ordinal);
    private readonly Dictionary<(MemberId Id, string Url), MemberState> _members = [];
    private readonly Dictionary<string, (RateLimitConfig Config, RateLimiter Limiter)> _limits =
        new(StringComparer.Ordinal);

    public int Loops { get; } = loops;

    public ITlsContexts Tls => tls ?? throw new InvalidOperationException("planning TLS needs its contexts");

    public LiveTables Tables =>
        tables ?? throw new InvalidOperationException("planning what remembers clients needs its tables");

    /// <summary>The limit of a route; another one under the old name starts with everybody's full allowance.</summary>
    public RateLimiter RateLimit(string route, RateLimitConfig config)
    {
        if (_limits.TryGetValue(route, out (RateLimitConfig Config, RateLimiter Limiter) known)
            && known.Config == config)
        {
            return known.Limiter;
        }

        var limiter = new RateLimiter(
            route,
            config.Rule,
            config.Key with { Prefix = new AddressPrefix(config.PrefixV4, config.PrefixV6) },
            config.Action == LimitAction.Delay ? config.MaxDelay : TimeSpan.Zero,
            config.Keys,
            Tables.Hash,
            Tables.Limits);
        _limits[route] = (config, limiter);
        return limiter;
    }

    /// <summary>What has been learned about a pool's clients.</summary>
    internal LearnedBonds Bonds(string pool, string kind, AffinityRoute[] routes, TimeSpan timeout) =>
        new(Tables.Sessions, Tables.Hash, pool, kind, routes, timeout);

    public PoolState Pool(string name)
    {
        if (!_pools.TryGetValue(name, out PoolState? pool))
        {
            _pools[name] = pool = new PoolState(name);
        }

        return pool;
    }

    public MemberState Member(string pool, MemberConfig member)
    {
        var id = new MemberId(pool, member.Name);
        if (!_members.TryGetValue((id, member.Url.Text), out MemberState? state))
        {
            _members[(id, member.Url.Text)] = state = new MemberState(id, member.Url.Text, Loops);
        }

        return state;
    }

    /// <summary>Forgets what the published snapshot no longer has. Called after publishing, not after planning: a
    /// plan that is thrown away must not cost the running one its state.</summary>
    public void Retain(EdgeSnapshot published)
    {
        HashSet<string> pools = [.. published.Pools.Select(pool => pool.Name)];
        HashSet<MemberState> members =
            [.. published.Pools.SelectMany(pool => pool.Members).Select(member => member.State)];
        HashSet<RateLimiter?> limits = [.. published.Routes.Select(route => route.RateLimit)];
        foreach (string route in _limits.Where(pair => !limits.Contains(pair.Value.Limiter))
            .Select(pair => pair.Key).ToArray())
        {
            _limits.Remove(route);
        }

        foreach (string name in _pools.Keys.Where(name => !pools.Contains(name)).ToArray())
        {
            _pools.Remove(name);
        }

        foreach (KeyValuePair<(MemberId, string), MemberState> gone in
            _members.Where(pair => !members.Contains(pair.Value)).ToArray())
        {
            _members.Remove(gone.Key);
        }
    }
}
