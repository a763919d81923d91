using System.Net;
using Proxy.Edge.Balancing;
using Proxy.Edge.Http1;
using Proxy.Edge.Http2;
using Proxy.Edge.Limits;
using Proxy.Edge.Replication;
using Proxy.Edge.Routing;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Simulation;

/// <summary>The settings of one run, drawn from its seed.</summary>
internal sealed class EdgeSimulationPlan
{
    public static readonly SocketTarget Bind = SocketTarget.Inet(IPAddress.Loopback, 80);

    private readonly Random _random;
    private readonly int _memberConnections;
    private readonly RetryPlan _retry;
    private readonly int _members;

    /// <param name="http2">Clients speak HTTP/2.</param>
    public EdgeSimulationPlan(Random random, bool http2 = false)
    {
        _random = random;
        IsHttp2 = http2;
        Calm = random.Next(4) == 0;
        _members = 1 + random.Next(3);
        _memberConnections = Calm ? 0 : random.Next(4) * random.Next(2);
        _retry = new RetryPlan { Attempts = random.Next(3), BufferBytes = random.Next(3) * 8000 };
        Snapshot = Create();
    }

    /// <summary>Nobody does anything wrong in this run, so every request must get its answer.</summary>
    public bool Calm { get; }

    public bool IsHttp2 { get; }

    public EdgeSnapshot Snapshot { get; }

    public PoolPlan Pool => Snapshot.Pools[0];

    public IReadOnlyList<SocketTarget> Origins { get; private set; } = [];

    /// <summary>The first one, the repeated ones, and one for each kept connection that may have been stale.</summary>
    public int MostAttempts => 1 + _retry.Attempts + (2 * _members) + 1;

    public override string ToString() =>
        $"{(Calm ? "calm" : "rough")}, {_members} members of {_memberConnections}, {_retry.Attempts} retries of {_retry.BufferBytes}";

    private EdgeSnapshot Create()
    {
        var members = new List<MemberPlan>();
        var origins = new List<SocketTarget>();
        for (int i = 0; i < _members; i++)
        {
            SocketTarget address = SocketTarget.Inet(IPAddress.Loopback, 9001 + i);
            origins.Add(address);
            var state = new MemberState(new MemberId("pool", $"m{i}"), $"http://{address}", loops: 1)
            {
                Grant = new Grant(1, GrantState.Open, 100, [address], "up"),
            };
            members.Add(new MemberPlan
            {
                State = state,
                Route = $"m{i}",
                HostHeader = address.ToString(),
                MaxConnections = _memberConnections,
            });
        }

        Origins = origins;
        PoolPlan pool = PoolOf(members);
        var route = new RoutePlan
        {
            Index = 0,
            Name = "all",
            Match = new RouteMatch(),
            Pool = pool,
            RateLimit = _random.Next(3) == 0 ? DrawLimit() : null,
        };
        return new EdgeSnapshot { Revision = 1, Routes = [route], Pools = [pool], Listeners = [ListenerOf(route)] };
    }

    /// <summary>It holds requests back for a moment and refuses none. In half of these runs another node keeps the
    /// count and has to be asked.</summary>
    private RateLimiter DrawLimit()
    {
        var shares = new LimitShares(new OtherNode(_random));
        if (_random.Next(2) == 0)
        {
            shares.Owners = new LimitOwners([1, 2], _random.Next(2), new bool[2]);
        }

        return new RateLimiter(
            "all", new RateRule(_random.Next(200, 1000), TimeSpan.FromSeconds(1), 1 + _random.Next(3)),
            new LimitKey(LimitKeyKind.ClientAddress), TimeSpan.FromHours(1), 64, new EntryHash(new byte[16]), shares);
    }

    private PoolPlan PoolOf(List<MemberPlan> members) => new()
    {
        Name = "pool",
        State = new PoolState("pool")
        {
            Candidates = new CandidateList(
                1, [.. members.Select(static m => m.State)], [.. members.Select(static _ => 100)]),
        },
        Members = members,
        Balancer = BalancerCatalog.Default,
        Retry = _retry,
        Timeouts = new OriginTimeouts
        {
            Connect = TimeSpan.FromSeconds(1),
            Response = TimeSpan.FromSeconds(Calm ? 30 : 3),
            BodyIdle = TimeSpan.FromSeconds(2),
            WriteIdle = TimeSpan.FromSeconds(Calm ? 30 : 2),
            MinRate = Calm ? 0 : 240,
            RateGrace = TimeSpan.FromSeconds(3),
        },
        Reuse = new ReusePlan
        {
            Enabled = _random.Next(8) > 0,
            MaxIdle = 1 + (_random.Next(2) * 20),
            IdleTimeout = TimeSpan.FromSeconds(3),
            MaxRequests = _random.Next(4) == 0 ? 3 : 0,
        },
    };

    private ListenerPlan ListenerOf(RoutePlan route) => new()
    {
        Name = "web",
        Bind = Bind,
        Limits = new Http1Limits(),
        Protocols = IsHttp2 ? ClientProtocols.Http2Cleartext : ClientProtocols.Http1,
        Http2 = IsHttp2 ? DrawHttp2() : new Http2Limits(),
        MaxConnections = Calm ? 1000 : 1 + _random.Next(10),
        MaxRequestsPerConnection = !Calm && _random.Next(6) == 0 ? 2 : 0,
        Timeouts = new ClientTimeouts
        {
            Head = TimeSpan.FromSeconds(Calm ? 20 : 2),
            KeepAlive = TimeSpan.FromSeconds(3),
            // A stream may wait long for its turn behind others of a slow connection.
            BodyIdle = TimeSpan.FromSeconds(Calm && IsHttp2 ? 3000 : 2),
            WriteIdle = TimeSpan.FromSeconds(Calm && IsHttp2 ? 3000 : 2),
            MinRate = Calm ? 0 : 240,
            RateGrace = TimeSpan.FromSeconds(2),
        },
        Routes = new RouteTable([route.Match]),
        RoutePlans = [route],
    };

    private Http2Limits DrawHttp2() => new()
    {
        MaxUnsent = _random.Next(3) == 0 ? 4 << 20 : 1000 + _random.Next(100_000),
        MaxStreams = Calm ? 128 : 1 + _random.Next(10),
        StreamWindow = 65535 + (_random.Next(2) * 100_000),
        ConnectionWindow = 65535 + (_random.Next(2) * 200_000),
        PingInterval = TimeSpan.FromSeconds(1 + _random.Next(60)),
        PingTimeout = TimeSpan.FromSeconds(Calm ? 3000 : 5),
    };

    /// <summary>Admits everything, now or a little later.</summary>
    private sealed class OtherNode(Random random) : ILimitDesk
    {
        private readonly Random _random = new(random.Next());

        public bool TryAsk(RateLimiter limiter, ulong key, ILimitAnswer answer)
        {
            answer.Answered(LimitVerdict.Admitted(_random.Next(2) * _random.NextInt64(100_000_000)));
            return true;
        }
    }
}
