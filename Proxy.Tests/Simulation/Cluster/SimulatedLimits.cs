using Proxy.Actors.Runtime;
using Proxy.Cluster.Shares;
using Proxy.Edge.Limits;
using Proxy.Edge.Replication;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Simulation.Cluster;

/// <summary>One rate limit of the whole cluster, as a node's loops ask for it.</summary>
internal sealed class SimulatedLimits
{
    public static readonly RateRule Rule = new(40, TimeSpan.FromSeconds(1), 4);

    private const ulong Key = 0x1234_5678_9ABC_DEF0;

    private readonly ShareService _shares;
    private readonly RateLimiter _limiter;
    private readonly TimeProvider _clock;

    public SimulatedLimits(IActorSystem system, string name, MeshMessages messages, TimeProvider clock)
    {
        _clock = clock;
        _shares = new ShareService(system, name, messages, new NoSlotQueue());
        messages.Shares = (node, content) => _shares.Received(node, content);
        _limiter = new RateLimiter(
            "limit", Rule, new LimitKey(LimitKeyKind.ClientAddress), TimeSpan.Zero, 64, new EntryHash(new byte[16]),
            _shares.Limits);
        _shares.Adopt(new EdgeSnapshot
        {
            Revision = 1,
            Listeners = [],
            Pools = [],
            Routes = [new RoutePlan { Index = 0, Name = "r", Match = new(), RateLimit = _limiter }],
        });
    }

    public int Admitted { get; private set; }

    public int Refused { get; private set; }

    public void SetNodes(IReadOnlyList<string> nodes) => _shares.SetNodes(nodes);

    public void Request()
    {
        long now = (long)((Int128)_clock.GetTimestamp() * 1_000_000_000 / _clock.TimestampFrequency);
        LimitVerdict verdict = _limiter.Take(Key, now);
        if (verdict.Outcome == LimitOutcome.Unknown)
        {
            if (_limiter.Ask(Key, now, new Waiting(this)) is not { } known)
            {
                return;
            }

            verdict = known;
        }

        Count(verdict);
    }

    private void Count(LimitVerdict verdict)
    {
        if (verdict.Outcome == LimitOutcome.Admitted)
        {
            Admitted++;
        }
        else
        {
            Refused++;
        }
    }

    private sealed class Waiting(SimulatedLimits limits) : ILimitAnswer
    {
        public void Answered(LimitVerdict verdict) => limits.Count(verdict);
    }
}
