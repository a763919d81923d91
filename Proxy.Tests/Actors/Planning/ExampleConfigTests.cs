using Proxy.Actors.Config;
using Proxy.Actors.Hocon;
using Proxy.Actors.Planning;
using Proxy.Edge.Affinity;
using Proxy.Edge.Snapshot;
using Proxy.Tests.Actors.Config;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Actors.Planning;

public sealed class ExampleConfigTests
{
    public static TheoryData<string> Files =>
        [.. HoconFolder.All()
            .Select(file => Path.GetFileName(Path.GetDirectoryName(file)) + "/" + Path.GetFileName(file))
            .Where(file => !file.EndsWith("/reference.conf", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_shipped_file_is_valid_without_a_warning_and_can_be_planned(string file)
    {
        ConfigLoading loading = Load(file);

        Assert.Empty(loading.Errors.Select(error => error.ToString()));
        Assert.Empty(loading.Warnings.Select(warning => warning.ToString()));
        Assert.NotEmpty(Plan(file).Snapshot.Listeners);
    }

    [Fact]
    public void The_reference_can_be_planned()
    {
        ProxyConfig config = ConfigLoader.Load(HoconFolder.File("reference.conf")).Config!;

        var live = new LiveRegistry(1, new FixedTlsContexts(), LiveTables.Alone(new byte[16]));
        EdgeSnapshot snapshot = SnapshotPlanner.Plan(config, live, PlannedRevision.None).Snapshot;

        Assert.Equal(config.Routes.Count, snapshot.Routes.Count);
    }

    [Fact]
    public void The_balancer_of_Apache_has_two_checked_members_and_a_cookie()
    {
        PlannedRevision planned = Plan("examples/apache-balancer.conf");

        PoolConfig pool = Assert.Single(planned.Config.Pools);
        Assert.Equal(["backend1", "backend2"], pool.Members.Select(member => member.EffectiveRoute));
        ActiveHealthConfig active = pool.Health.Active!;
        Assert.Equal(("GET", "/health", TimeSpan.FromSeconds(5)), (active.Method, active.Path, active.Interval));
        Assert.IsType<CookieAffinity>(planned.Snapshot.Pools[0].Affinity);
        Assert.Equal("ROUTEID", pool.Affinity.Cookie!.Name);
    }

    [Fact]
    public void The_prefix_example_maps_app_to_the_root_of_the_origin_and_back()
    {
        RoutePlan route = Plan("examples/prefix-mapping.conf").Snapshot.Routes[1];

        Assert.Equal(("/app/", "/"), (route.Match.Path, route.Rewrite!.Prefix));
        Assert.Contains("http://127.0.0.1:9001/", route.Mapping.OriginPrefixes);
        Assert.Equal(("/", "/app/"), (route.Mapping.OriginPath, route.Mapping.PublicPath));
    }

    [Fact]
    public void The_two_sites_are_told_apart_by_host_and_the_api_comes_first()
    {
        IReadOnlyList<RoutePlan> routes = Plan("examples/two-sites.conf").Snapshot.Routes;

        Assert.Equal(["shop-api", "shop", "blog"], routes.Select(route => route.Pool!.Name));
        Assert.Equal("/api/", routes[0].Match.Path);
        Assert.Equal(["shop.example", "www.shop.example"], routes[1].Match.Hosts);
    }

    [Fact]
    public void The_exclusion_comes_before_the_catch_all()
    {
        IReadOnlyList<RoutePlan> routes = Plan("examples/exclusion.conf").Snapshot.Routes;

        Assert.Equal(("/internal", 404), (routes[0].Match.Path, routes[0].Response!.Status));
        Assert.Equal(["/status"], routes[1].Match.ExcludePaths);
    }

    [Fact]
    public void The_demo_profile_is_where_the_tools_expect_it()
    {
        PlannedRevision planned = Plan("profiles/demo.conf");

        ListenerPlan listener = planned.Snapshot.Listeners[0];
        Assert.Equal(("demo", "127.0.0.1:8080"), (listener.Name, listener.Bind.ToString()));
        Assert.Equal(
            ["http://127.0.0.1:9001", "http://127.0.0.1:9002"],
            planned.Config.Pools[0].Members.Select(member => member.Url.Text));
        Assert.Equal("127.0.0.1:8558", planned.Config.Management.Bind.ToString());
    }

    [Fact]
    public void The_single_profile_takes_its_origin_from_the_environment()
    {
        ConfigLoading loading = ConfigLoader.Load(
            HoconFolder.File("profiles/single.conf"),
            new HoconOptions { Environment = name => name == "PROXY_ORIGIN" ? "http://app:81" : null });

        Assert.Equal("http://app:81", loading.Config!.Pools[0].Members[0].Url.Text);
    }

    private static PlannedRevision Plan(string file) =>
        SnapshotPlanner.Plan(
            Load(file).Config!,
            new LiveRegistry(1, new FixedTlsContexts(), LiveTables.Alone(new byte[16])),
            PlannedRevision.None);

    private static ConfigLoading Load(string file) =>
        ConfigLoader.Load(HoconFolder.File(file), new HoconOptions { Environment = _ => null });
}
