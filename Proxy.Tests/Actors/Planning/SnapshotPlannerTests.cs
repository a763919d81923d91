using System.Net;
using System.Text;
using Proxy.Actors.Planning;
using Proxy.Edge.Affinity;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Routing;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;
using Proxy.Tests.Actors.Config;

namespace Proxy.Tests.Actors.Planning;

public sealed class SnapshotPlannerTests
{
    private const string Two = """
        proxy {
          listeners = [ { name = web, bind = "127.0.0.1:8080" }, { name = inside, bind = "127.0.0.1:8081" } ]
          routes = [
            { name = shop, match { host = shop.example, path = "/app/", listener = web }, pool = shop
              rewrite { prefix = "/" } }
            { name = rest, match { path = "/" }, pool = rest }
          ]
          pools {
            shop { members = [
              { name = a, url = "http://127.0.0.1:9001" }
              { name = b, url = "http://127.0.0.1:9002", weight = 50 }
            ] }
            rest { members = [ { name = a, url = "http://rest.internal/base" } ] }
          }
        }
        """;

    private readonly Revisions _revisions = new();

    [Fact]
    public void A_configuration_becomes_a_snapshot()
    {
        EdgeSnapshot snapshot = _revisions.Next(Two).Snapshot;

        Assert.Equal(1, snapshot.Revision);
        Assert.Equal(["web", "inside"], snapshot.Listeners.Select(listener => listener.Name));
        Assert.Equal(SocketTarget.Inet(IPAddress.Loopback, 8080), snapshot.Listeners[0].Bind);
        Assert.Equal([0, 1], snapshot.Routes.Select(route => route.Index));
        RoutePlan shop = snapshot.Routes[0];
        Assert.Equal((PathMatchKind.Prefix, "/app/"), (shop.Match.PathKind, shop.Match.Path));
        Assert.Equal("/", shop.Rewrite!.Prefix);
        Assert.Same(snapshot.Pools[0], snapshot.Routes[0].Pool);
        MemberPlan member = snapshot.Pools[1].Members[0];
        Assert.Equal(("rest.internal", "/base", "a"), (member.HostHeader, member.BasePath, member.Route));
        Assert.Equal(new MemberId("rest", "a"), member.State.Id);
        Assert.Equal(2, member.State.LoopCount);
        Assert.Equal(new AccessLogPlan("combined", "-"), snapshot.Listeners[0].AccessLog);
    }

    [Fact]
    public void A_listener_has_only_the_routes_that_are_for_it()
    {
        EdgeSnapshot snapshot = _revisions.Next(Two).Snapshot;

        Assert.Equal(["shop", "rest"], snapshot.Listeners[0].RoutePlans.Select(route => route.Name));
        Assert.Equal(["rest"], snapshot.Listeners[1].RoutePlans.Select(route => route.Name));
        Assert.Equal(snapshot.Listeners[1].RoutePlans.Select(route => route.Match), snapshot.Listeners[1].Routes.Rules);
    }

    [Fact]
    public void Nothing_changed_keeps_every_plan()
    {
        EdgeSnapshot before = _revisions.Next(Two).Snapshot;
        EdgeSnapshot after = _revisions.Next($"# only a comment\n{Two}").Snapshot;

        Assert.Equal(2, after.Revision);
        Assert.All(before.Pools.Zip(after.Pools), pair => Assert.Same(pair.First, pair.Second));
        Assert.All(before.Routes.Zip(after.Routes), pair => Assert.Same(pair.First, pair.Second));
        Assert.All(before.Listeners.Zip(after.Listeners), pair => Assert.Same(pair.First, pair.Second));
    }

    [Fact]
    public void A_changed_member_changes_its_pool_and_the_routes_to_it_alone()
    {
        EdgeSnapshot before = _revisions.Next(Two).Snapshot;
        EdgeSnapshot after = _revisions.Next(Changed("weight = 50", "weight = 80, max-connections = 9")).Snapshot;

        Assert.NotSame(before.Pools[0], after.Pools[0]);
        Assert.Same(before.Pools[0].Members[0], after.Pools[0].Members[0]);
        Assert.NotSame(before.Pools[0].Members[1], after.Pools[0].Members[1]);
        Assert.Same(before.Pools[0].Members[1].State, after.Pools[0].Members[1].State);
        Assert.Same(before.Pools[0].State, after.Pools[0].State);
        Assert.Same(before.Pools[1], after.Pools[1]);
        Assert.Same(after.Pools[0], after.Routes[0].Pool);
        Assert.Same(before.Routes[1], after.Routes[1]);
        Assert.NotSame(before.Listeners[0], after.Listeners[0]);
        Assert.Same(before.Listeners[0].Routes, after.Listeners[0].Routes);
        Assert.Same(before.Listeners[1], after.Listeners[1]);
    }

    [Fact]
    public void Another_url_under_the_same_name_is_another_origin()
    {
        EdgeSnapshot before = _revisions.Next(Two).Snapshot;
        before.Pools[0].Members[0].State.Counters(0).Requests = 7;
        EdgeSnapshot after = _revisions.Next(Changed("127.0.0.1:9001", "127.0.0.1:9009")).Snapshot;

        Assert.NotSame(before.Pools[0].Members[0].State, after.Pools[0].Members[0].State);
        Assert.Equal(0, after.Pools[0].Members[0].State.Counters(0).Requests);
    }

    [Fact]
    public void A_route_put_before_others_moves_their_index()
    {
        EdgeSnapshot before = _revisions.Next(Two).Snapshot;
        string ping = "routes = [ { name = ping, match { path = \"/ping\" }, respond { } }";
        EdgeSnapshot after = _revisions.Next(Changed("routes = [", ping)).Snapshot;

        Assert.Equal(["ping", "shop", "rest"], after.Routes.Select(route => route.Name));
        Assert.Equal([0, 1, 2], after.Routes.Select(route => route.Index));
        Assert.Same(before.Routes[0].Match, after.Routes[1].Match);
        Assert.Same(before.Pools[0], after.Routes[1].Pool);
    }

    [Fact]
    public void What_was_removed_is_forgotten_only_after_publishing()
    {
        MemberState first = _revisions.Next(Two).Snapshot.Pools[1].Members[0].State;
        string without = Two.Replace("pool = rest }", "pool = shop }", StringComparison.Ordinal)
            .Replace("rest { members", "other { members", StringComparison.Ordinal);

        SnapshotPlanner.Plan(ConfigText.Good(without), _revisions.Live, _revisions.Current);
        Assert.Same(first, _revisions.Next(Changed("weight = 50", "weight = 51")).Snapshot.Pools[1].Members[0].State);

        _revisions.Next(without);
        Assert.NotSame(first, _revisions.Next(Two).Snapshot.Pools[1].Members[0].State);
    }

    [Fact]
    public void Affinity_finds_members_by_their_routes()
    {
        PoolPlan pool = WithShop("affinity { cookie { name = R }, no-failover = true }");

        Assert.IsType<CookieAffinity>(pool.Affinity);
        Assert.True(pool.NoFailover);
        Span<byte> line = stackalloc byte[256];
        int length = pool.Affinity.WriteToken(pool.Members[1].State, secure: false, line);
        string written = Encoding.ASCII.GetString(line[..length]);
        Assert.StartsWith("Set-Cookie: R=.b; Path=/", written, StringComparison.Ordinal);
    }

    [Fact]
    public void Failure_statuses_are_watched_only_while_passive_health_is_on()
    {
        PoolPlan on = WithShop("health { passive { statuses = \"500-599\" } }");
        PoolPlan off = WithShop("health { passive { statuses = \"500-599\", failures = 0 } }");

        Assert.Equal("500-599", on.FailureStatuses!.Text);
        Assert.Null(off.FailureStatuses);
    }

    [Fact]
    public void Actions_and_edits_of_a_route_are_planned()
    {
        RoutePlan[] routes = [.. _revisions.Next("""
            proxy {
              listeners = [ { bind = "*:80", access-log { enabled = false } } ]
              routes = [
                { match { path-exact = "/old" }, redirect { status = 301, to = "/new" } }
                { match { path-regex = "^/p" }, respond { status = 403, body = no } }
                { match { exclude = ["/x"] }, host = "fixed.example", pool = app, max-body = 1M, upgrade = [WebSocket]
                  request-headers { set { A = "1" }, remove = [B] }, response-headers { default { C = "3" } } }
              ]
              pools { app { members = [ { name = a, url = "http://a" } ] } }
            }
            """).Snapshot.Routes];

        Assert.Equal(new RedirectRule(301, "/new"), routes[0].Redirect);
        Assert.False(routes[0].Mapping.Enabled);
        Assert.Equal(new FixedResponseRule(403, "text/plain; charset=utf-8", "no"), routes[1].Response);
        Assert.Equal((PathMatchKind.Regex, "^/p"), (routes[1].Match.PathKind, routes[1].Match.Path));
        Assert.Equal((HostPolicy.Fixed, "fixed.example"), (routes[2].Host, routes[2].FixedHost));
        Assert.Equal(["/x"], routes[2].Match.ExcludePaths);
        Assert.Equal((1L << 20, "websocket"), (routes[2].MaxRequestBody, Assert.Single(routes[2].Upgrades)));
        Assert.Equal(
            [new HeaderEdit(HeaderEditKind.Remove, "B"), new HeaderEdit(HeaderEditKind.Set, "A", "1")],
            routes[2].RequestHeaders);
        Assert.Equal([new HeaderEdit(HeaderEditKind.Default, "C", "3")], routes[2].ResponseHeaders);
        Assert.Null(_revisions.Current.Snapshot.Listeners[0].AccessLog);
    }

    private PoolPlan WithShop(string keys) =>
        _revisions.Next(Changed("shop { ", $"shop {{ {keys}, ")).Snapshot.Pools[0];

    private static string Changed(string from, string to)
    {
        Assert.Contains(from, Two, StringComparison.Ordinal);
        return Two.Replace(from, to, StringComparison.Ordinal);
    }
}
