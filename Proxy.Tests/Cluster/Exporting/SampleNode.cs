using System.Net;
using Proxy.Edge.Balancing;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Routing;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Cluster.Exporting;

/// <summary>A node with one listener, two routes and a pool of two members, and a little traffic counted by two
/// loops.</summary>
internal sealed class SampleNode
{
    public SampleNode(string odd = "app")
    {
        Up = Member(odd, "a", GrantState.Open, weight: 100, "up");
        Down = Member(odd, "b", GrantState.Closed, weight: 0, "health check failed 3/3: <refused>");
        PoolPlan pool = new()
        {
            Name = odd,
            State = new PoolState(odd) { Candidates = new CandidateList(1, [Up.State], [100]) },
            Members = [Up, Down],
            Balancer = new NamedBalancer(),
        };
        RoutePlan[] routes =
        [
            new() { Index = 0, Name = "to-app", Match = new RouteMatch { Hosts = ["shop.example"] }, Pool = pool },
            new() { Index = 1, Name = "old", Match = new RouteMatch(), Redirect = new RedirectRule(301, "https://x/") },
        ];
        var listener = new ListenerPlan
        {
            Name = "web",
            Bind = SocketTarget.Inet(IPAddress.Any, 8080),
            Routes = new RouteTable([.. routes.Select(route => route.Match)]),
            RoutePlans = routes,
            AccessLog = new AccessLogPlan("combined", "-"),
        };
        Snapshot = new EdgeSnapshot { Revision = 7, Listeners = [listener], Routes = routes, Pools = [pool] };
        for (int i = 0; i < 2; i++)
        {
            LoopTelemetry loop = Telemetry.Loop(i);
            SnapshotMetrics metrics = loop.Adopt(Snapshot);
            loop.CountExchange(metrics, 0, 0, 200, bytesIn: 100, bytesOut: 1000, 1500, ProxyFault.None);
            loop.CountExchange(metrics, 0, 0, 502, bytesIn: 100, bytesOut: 50, 90_000_000, ProxyFault.ConnectRefused);
            metrics.PoolOfRoute(0)!.Requests += 2;
            metrics.PoolOfRoute(0)!.FirstByte.Record(700);
            Up.State.Counters(i).Requests += 5;
            Up.State.Counters(i).InFlight = 1;
        }
    }

    public EdgeSnapshot Snapshot { get; }

    public EdgeTelemetry Telemetry { get; } = new(loops: 2);

    public MemberPlan Up { get; }

    public MemberPlan Down { get; }

    private static MemberPlan Member(string pool, string name, GrantState state, int weight, string reason)
    {
        SocketTarget[] addresses = [SocketTarget.Inet(IPAddress.Loopback, 9001)];
        var member = new MemberState(new MemberId(pool, name), "http://127.0.0.1:9001", loops: 2)
        {
            Grant = new Grant(3, state, weight, addresses, reason),
        };
        return new MemberPlan { State = member, Route = name, HostHeader = "127.0.0.1:9001", MaxConnections = 10 };
    }

    private sealed class NamedBalancer : IBalancerFactory
    {
        public string Name => "round-robin";

        public IBalancer Create() => throw new InvalidOperationException("the export balances nothing");
    }
}
