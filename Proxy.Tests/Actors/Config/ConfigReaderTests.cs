using System.Net;
using Proxy.Actors.Config;
using Proxy.Edge.Affinity;
using Proxy.Edge.Routing;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Actors.Config;

public sealed class ConfigReaderTests
{
    [Fact]
    public void The_shape_of_a_file_as_designed_is_read()
    {
        ProxyConfig config = ConfigText.Good("""
            proxy {
              node { name = "edge-1", state-dir = "state", workers = 3 }
              listeners = [
                { name = web, bind = "0.0.0.0:8080", protocols = ["http/1.1"],
                  access-log { enabled = true, format = combined, path = "-" } }
              ]
              routes = [
                { match { host = "Shop.example", path = "/app/" }, rewrite { prefix = "/" }, pool = app }
                { match { path = "/" }, pool = app }
              ]
              pools {
                app {
                  balance = least-requests
                  members = [
                    { name = a, url = "http://127.0.0.1:9001", weight = 100, max-connections = 0 }
                    { name = b, url = "http://127.0.0.1:9002", weight = 50 }
                    { name = s, url = "http://127.0.0.1:9003", role = spare }
                  ]
                  health {
                    active  { method = GET, path = "/health", interval = 5s, timeout = 2s, rise = 2, fall = 3
                              expect = "200-399" }
                    passive { failures = 5, window = 10s, statuses = "500-599" }
                  }
                  slow-start = 30s
                  affinity { cookie { name = SRV } }
                  retry { attempts = 1 }
                }
              }
              management { bind = "127.0.0.1:8558" }
              cluster { engine = embedded }
            }
            """);

        Assert.Equal(("edge-1", 3), (config.Node.Name, config.Node.Workers));
        Assert.Equal(SocketTarget.Inet(IPAddress.Any, 8080), Assert.Single(config.Listeners).Bind);
        Assert.Equal(["route-1", "route-2"], config.Routes.Select(route => route.Name));
        Assert.Equal(["shop.example"], config.Routes[0].Match.Host);
        Assert.Equal("/", config.Routes[0].Rewrite.Prefix);
        PoolConfig pool = Assert.Single(config.Pools);
        Assert.Equal(("app", "least-requests", TimeSpan.FromSeconds(30)), (pool.Name, pool.Balance, pool.SlowStart));
        Assert.Equal([100, 50, 100], pool.Members.Select(member => member.Weight));
        Assert.Equal(MemberRole.Spare, pool.Members[2].Role);
        Assert.Equal(TimeSpan.FromSeconds(5), pool.Health.Active!.Interval);
        Assert.True(pool.Health.Passive.Statuses!.Contains(503));
        Assert.Equal("SRV", pool.Affinity.Cookie!.Name);
        Assert.Equal(1, pool.Retry.Attempts);
    }

    [Fact]
    public void All_keys_of_a_route_are_read()
    {
        RouteConfig route = ConfigText.Good("""
            proxy {
              listeners = [ { name = web, bind = "*:80" } ]
              routes = [ {
                match {
                  host = ["*.example"], path-regex = "^/a", exclude = "/a/x", method = [GET, HEAD], listener = web
                  header { X-A = 1, X-B { prefix = b }, X-C { regex = "c+" }, X-D { present = true } }
                  header { X-E { present = false } }
                  source = ["10.0.0.0/8", "2001:db8::1"]
                }
                rewrite { regex = "^/a(.*)", replacement = "/b$1", query { set { k = v }, remove = [r] } }
                host = "app.internal:81"
                request-headers { set { A = "1" }, add { B = "2" }, remove = [C], default { D = "4" } }
                mapping { origin-urls = ["http://app/"], origin-path = "/b/", cookie-domains { "app.internal" = "" } }
                upgrade = [], max-body = 10M, pool = app
              } ]
              pools { app { members = [ { name = a, url = "unix:/run/app.sock" } ] } }
            }
            """).Routes[0];

        Assert.Equal(
            [
                new ValueMatch("X-A", ValueMatchKind.Exact, "1"), new ValueMatch("X-B", ValueMatchKind.Prefix, "b"),
                new ValueMatch("X-C", ValueMatchKind.Regex, "c+"), new ValueMatch("X-D", ValueMatchKind.Present),
                new ValueMatch("X-E", ValueMatchKind.Absent),
            ],
            route.Match.Header);
        Assert.Equal(2, route.Match.Source.Count);
        Assert.Equal(["/a/x"], route.Match.Exclude);
        Assert.Equal([new NamedText("k", "v")], route.Rewrite.Query.Set);
        Assert.Equal([new NamedText("D", "4")], route.RequestHeaders.Default);
        Assert.Equal("/b/", route.Mapping.OriginPath);
        Assert.Empty(route.Upgrade);
        Assert.Equal(10 << 20, route.MaxBody);
    }

    [Fact]
    public void An_error_says_place_key_value_and_what_is_accepted()
    {
        string error = Assert.Single(ConfigText.Errors("""
            proxy {
              listeners = [ { bind = "127.0.0.1:8080" } ]
              routes = [ { pool = app } ]
              pools { app { members = [
                { name = a, url = "http://127.0.0.1:9001" }
                { name = b, url = "http://127.0.0.1:9002", weight = x }
              ] } }
            }
            """));

        Assert.Equal(
            "test.conf:6:57: proxy.pools.app.members[1].weight = \"x\": not a whole number; "
                + "accepted: an integer from 0 to 1000000",
            error);
    }

    [Fact]
    public void An_unknown_key_is_an_error_that_names_the_nearest_one()
    {
        string error = Assert.Single(ConfigText.Errors(ConfigText.Around("managment { enabled = false }")));

        Assert.Equal(
            "test.conf:5:3: proxy.managment: unknown key, did you mean \"management\"?; "
                + "accepted: acme, cluster, listeners, management, node, pools, routes, vip, vip-guard, vip-placement",
            error);
    }

    [Fact]
    public void All_errors_are_reported_at_once_and_in_the_order_of_the_file()
    {
        string[] errors = ConfigText.Errors("""
            proxy {
              node { workers = many }
              listeners = [ { bind = "localhost:80", timeouts { head = 5 } } ]
              routes = [ { pool = nowhere }, { } ]
              pools { app { members = [ { url = "ftp://x" } ] } }
            }
            """);

        Assert.Equal(
            [
                "proxy.node.workers", "proxy.listeners[0].bind", "proxy.listeners[0].timeouts.head",
                "proxy.routes[0].pool", "proxy.routes[1]", "proxy.pools.app.members[0].name",
                "proxy.pools.app.members[0].url",
            ],
            errors.Select(Key));
    }

    [Theory]
    [InlineData("node { workers = 0 }", "proxy.node.workers")]
    [InlineData("node { drain-timeout = 5 }", "proxy.node.drain-timeout")]
    [InlineData("node { drain-timeout = 2d }", "proxy.node.drain-timeout")]
    [InlineData("node { max-buffer-memory = 10 }", "proxy.node.max-buffer-memory")]
    [InlineData("node = edge", "proxy.node")]
    [InlineData("management { bind = \"::1:80\" }", "proxy.management.bind")]
    [InlineData("management { bind = \"127.0.0.1\" }", "proxy.management.bind")]
    [InlineData("management { bind = \"127.0.0.1:70000\" }", "proxy.management.bind")]
    [InlineData("management { enabled = maybe }", "proxy.management.enabled")]
    [InlineData("cluster { engine = zookeeper }", "proxy.cluster.engine")]
    [InlineData("cluster { engine = etcd }", "proxy.cluster.etcd.endpoints")]
    [InlineData(
        "cluster { engine = etcd, etcd { endpoints = [\"h:2379\"] } }", "proxy.cluster.etcd.endpoints[0]")]
    [InlineData(
        "cluster { engine = etcd, etcd { endpoints = [\"http://h:2379\"], user = u } }", "proxy.cluster.etcd.user")]
    [InlineData("cluster { engine = postgres }", "proxy.cluster.postgres.connection")]
    [InlineData(
        "cluster { engine = postgres, postgres { connection = \"Host=h\", schema = \"a b\" } }",
        "proxy.cluster.postgres.schema")]
    [InlineData("cluster { name = \"a/b\" }", "proxy.cluster.name")]
    [InlineData("cluster { address = \"h\" }", "proxy.cluster.address")]
    [InlineData("cluster { roles = [\"a b\"] }", "proxy.cluster.roles[0]")]
    [InlineData("cluster { peers { bind = x } }", "proxy.cluster.peers.bind")]
    [InlineData("management { tls { key = k } }", "proxy.management.tls.certificate")]
    [InlineData("vip { advert = 5ms }", "proxy.vip.advert")]
    [InlineData("listeners = 8080", "proxy.listeners")]
    [InlineData("pools { app { balance = round-robbin } }", "proxy.pools.app.balance")]
    [InlineData("pools { app { affinity { cookie { secure = perhaps } } } }", "proxy.pools.app.affinity.cookie.secure")]
    [InlineData("pools { \"a.b\" { members = 1 } }", "proxy.pools.\"a.b\".members")]
    public void A_wrong_value_is_an_error_at_its_key(string inner, string key)
    {
        Assert.Contains(key, ConfigText.Errors(ConfigText.Around(inner)).Select(Key));
    }

    [Theory]
    [InlineData("mode = tcp", "mode = \"tcp\": not available yet in this version; accepted: http")]
    public void What_later_versions_will_have_is_refused_with_these_words(string inner, string words)
    {
        string error = Assert.Single(ConfigText.Errors(
            ConfigText.Around($"listeners = [ {{ bind = \"127.0.0.1:8080\", {inner} }} ]")));

        Assert.Contains(words, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_is_never_shown()
    {
        string error = Assert.Single(ConfigText.Errors(ConfigText.Around("management { token = [ \"s3cret\" ] }")));

        Assert.DoesNotContain("s3cret", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_the_block_says_so()
    {
        string[] errors = ConfigText.Errors("proxi { }");

        string error = Assert.Single(errors, e => e.Contains("proxy:", StringComparison.Ordinal));
        Assert.Contains("the block is missing, but there is \"proxi\"", error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_of_syntax_is_a_problem_with_a_place()
    {
        Assert.StartsWith("test.conf:1:", ConfigText.Errors("proxy { ")[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Null_means_not_given()
    {
        ProxyConfig config = ConfigText.Good(ConfigText.Around("node { name = null }, management = null"));

        Assert.Equal(new ProxyConfig().Management, config.Management);
    }

    [Fact]
    public void Equal_texts_give_equal_configurations_and_other_texts_do_not()
    {
        string text = File.ReadAllText(HoconFolder.File("reference.conf"));

        ProxyConfig first = ConfigText.Good(text);

        Assert.Equal(first, ConfigText.Good(text));
        Assert.NotEqual(first, ConfigText.Good(text.Replace("weight = 100", "weight = 99", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_cookie_without_a_separator_and_without_an_end_is_read()
    {
        CookieAffinityOptions cookie = ConfigText.Good(ConfigText.Around(
            "pools { app { affinity { cookie { separator = \"\", max-age = 1h, domain = \"example.org\" } } } }"))
            .Pools[0].Affinity.Cookie!;

        Assert.Null(cookie.Separator);
        Assert.Equal(TimeSpan.FromHours(1), cookie.MaxAge);
        Assert.Equal("example.org", cookie.Domain);
    }

    // "file:1:2: proxy.a.b = x: …" → "proxy.a.b"
    private static string Key(string error)
    {
        string rest = error[(error.IndexOf(": ", StringComparison.Ordinal) + 2)..];
        return rest[..rest.IndexOfAny([' ', ':'])];
    }
}
