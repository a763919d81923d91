using Proxy.Edge.Rewriting;
using Proxy.Edge.Routing;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Edge.Telemetry;

public sealed class LoopTelemetryTests
{
    private readonly LoopTelemetry _loop = new EdgeTelemetry(loops: 1).Loop(0);

    [Fact]
    public void An_exchange_counts_for_loop_listener_and_route()
    {
        SnapshotMetrics metrics = _loop.Adopt(Snapshot("a", "b"));

        _loop.CountExchange(metrics, listener: 0, route: 1, status: 204, 100, 2000, 900, ProxyFault.None);
        _loop.CountExchange(metrics, listener: 0, route: 1, status: 101, 1, 1, 1, ProxyFault.None);
        _loop.CountExchange(metrics, listener: 0, route: -1, status: 404, 50, 70, 10, ProxyFault.NoRoute);
        _loop.CountExchange(metrics, listener: 0, route: 0, status: 0, 5, 0, 10, ProxyFault.ClientAborted);

        Assert.Equal(4, _loop.Counters.Requests);
        Assert.Equal(156, _loop.Counters.BytesFromClients);
        Assert.Equal(1, _loop.Counters.Responses.Class1);
        Assert.Equal(1, _loop.Counters.Responses.Class2);
        Assert.Equal(1, _loop.Counters.Responses.Class4);
        Assert.Equal(1, _loop.Counters.Responses.None);
        Assert.Equal(4, _loop.Listener("web")!.Requests);
        Assert.Equal(2, _loop.Route("b")!.Requests);
        Assert.Equal(2001, _loop.Route("b")!.BytesOut);
        Assert.Equal(2, _loop.Route("b")!.Latency.Count);
        Assert.Equal(1, _loop.Faults(ProxyFault.NoRoute));
        Assert.Equal(1, _loop.Faults(ProxyFault.ClientAborted));
        Assert.Equal(0, _loop.Faults(ProxyFault.None));
    }

    [Fact]
    public void Counters_follow_the_name_when_a_revision_moves_the_route()
    {
        SnapshotMetrics before = _loop.Adopt(Snapshot("a", "b"));
        RouteCounters b = before.Route(1);

        SnapshotMetrics after = _loop.Adopt(Snapshot("b"));
        before.Route(1).Requests++;
        after.Route(0).Requests++;

        Assert.Same(b, after.Route(0));
        Assert.Equal(2, _loop.Route("b")!.Requests);
    }

    [Fact]
    public void A_route_that_answers_by_itself_has_no_pool()
    {
        Assert.Null(_loop.Adopt(Snapshot("a")).PoolOfRoute(0));
    }

    [Fact]
    public void Counting_allocates_nothing()
    {
        SnapshotMetrics metrics = _loop.Adopt(Snapshot("a"));
        _loop.CountExchange(metrics, 0, 0, 200, 1, 1, 1, ProxyFault.None);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            _loop.CountExchange(metrics, 0, 0, 200, 1, 1, i * 100, ProxyFault.BadRequest);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Every_fault_has_a_name_of_its_own()
    {
        string[] names = [.. Enum.GetValues<ProxyFault>().Select(fault => fault.Name())];

        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Equal("connect-refused", ProxyFault.ConnectRefused.Name());
        Assert.All(names, name => Assert.Matches("^[a-z]+(-[a-z]+)*$", name));
    }

    private static EdgeSnapshot Snapshot(params string[] routes)
    {
        RoutePlan[] plans =
        [
            .. routes.Select((name, index) => new RoutePlan
            {
                Index = index,
                Name = name,
                Match = new RouteMatch(),
                Response = new FixedResponseRule(200, "text/plain", ""),
            }),
        ];
        var listener = new ListenerPlan
        {
            Name = "web",
            Bind = SocketTarget.Unix("/tmp/x"),
            Routes = new RouteTable([.. plans.Select(plan => plan.Match)]),
            RoutePlans = plans,
        };
        return new EdgeSnapshot { Revision = 1, Listeners = [listener], Routes = plans, Pools = [] };
    }
}
