using Proxy.Actors.Runtime;
using Proxy.Cluster.Shares;
using Proxy.Edge.Balancing;
using Proxy.Edge.Http;
using Proxy.Edge.Limits;
using Proxy.Edge.Replication;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Shares;

/// <summary>The machines behind their actor, on real threads and clocks.</summary>
public sealed class ShareServiceTests
{
    [Fact]
    public async Task Two_nodes_admit_one_limit_together()
    {
        await using var one = new ActorSystem();
        await using var other = new ActorSystem();
        var (a, b) = Pair(one, other);
        RateLimiter[] limiters = [Limiter(a), Limiter(b)];
        a.Adopt(With(limiters[0]));
        b.Adopt(With(limiters[1]));
        await Eventually.IsTrueAsync(
            () => Task.FromResult(a.Limits.Owners.Count == 2 && b.Limits.Owners.Count == 2), () => "they know each other",
            TimeSpan.FromSeconds(5));

        var admitted = 0;
        for (var i = 0; i < 30; i++)
        {
            admitted += await AskAsync(limiters[i % 2]) ? 1 : 0;
        }

        Assert.Equal(10, admitted);
    }

    [Fact]
    public async Task Two_nodes_share_the_slots_of_a_member()
    {
        await using var one = new ActorSystem();
        await using var other = new ActorSystem();
        var (a, b) = Pair(one, other);
        MemberState[] members = [Member(), Member()];
        a.Adopt(With(members[0]));
        b.Adopt(With(members[1]));

        // The one that asks gets what the other does not use.
        var taken = 0;
        await Eventually.IsTrueAsync(
            () =>
            {
                taken += members[0].TryTakeSlot(8) ? 1 : 0;
                return Task.FromResult(taken >= 4);
            },
            () => $"half of the slots can be taken here; {taken} were", TimeSpan.FromSeconds(5));

        for (var i = 0; i < 100; i++)
        {
            taken += members[0].TryTakeSlot(8) ? 1 : 0;
            taken += members[1].TryTakeSlot(8) ? 1 : 0;
            Assert.InRange(taken, 4, 8);
        }
    }

    private static (ShareService A, ShareService B) Pair(ActorSystem one, ActorSystem other)
    {
        var links = (A: new Link("a"), B: new Link("b"));
        var a = new ShareService(one, "a", links.A, new NoSlotQueue());
        var b = new ShareService(other, "b", links.B, new NoSlotQueue());
        (links.A.Peer, links.B.Peer) = (b, a);
        a.SetNodes(["a", "b"]);
        b.SetNodes(["b", "a"]);
        return (a, b);
    }

    private static RateLimiter Limiter(ShareService service) => new(
        "limit", new RateRule(1, TimeSpan.FromHours(1), 10), new LimitKey(LimitKeyKind.Global), TimeSpan.Zero, 1,
        new EntryHash(new byte[16]), service.Limits);

    private static MemberState Member() => new(new MemberId("app", "m"), "http://m", 1);

    private static EdgeSnapshot With(RateLimiter limiter) => new()
    {
        Revision = 1,
        Listeners = [],
        Pools = [],
        Routes = [new RoutePlan { Index = 0, Name = "r", Match = new(), RateLimit = limiter }],
    };

    private static EdgeSnapshot With(MemberState member)
    {
        Assert.True(BalancerCatalog.TryFind("round-robin", out var balancer));
        return new EdgeSnapshot
        {
            Revision = 1,
            Listeners = [],
            Routes = [],
            Pools =
            [
                new PoolPlan
                {
                    Name = "app",
                    State = new PoolState("app"),
                    Balancer = balancer!,
                    Members =
                    [
                        new MemberPlan { State = member, Route = "m", HostHeader = "m", MaxClusterConnections = 8 },
                    ],
                },
            ],
        };
    }

    private static async Task<bool> AskAsync(RateLimiter limiter)
    {
        var now = TimeProvider.System.GetTimestamp();
        var key = limiter.KeyOf(new RequestHead(), default, ClientAddress.Unknown);
        var verdict = limiter.Take(key, now);
        if (verdict.Outcome == LimitOutcome.Unknown)
        {
            var answer = new Answered();
            verdict = limiter.Ask(key, now, answer) ?? await answer.Verdict.WaitAsync(TimeSpan.FromSeconds(5));
        }

        return verdict.Outcome == LimitOutcome.Admitted;
    }

    private sealed class Answered : ILimitAnswer
    {
        private readonly TaskCompletionSource<LimitVerdict> _done =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<LimitVerdict> Verdict => _done.Task;

        void ILimitAnswer.Answered(LimitVerdict verdict) => _done.SetResult(verdict);
    }

    private sealed class Link(string self) : IShareLink
    {
        public ShareService? Peer { get; set; }

        public void Send(string node, ReadOnlyMemory<byte> message)
        {
            Assert.NotEqual(self, node);
            Assert.True(Peer!.Received(self, message.Span));
        }
    }
}
