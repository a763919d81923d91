using Proxy.Cluster.Shares;
using Proxy.Edge.Limits;
using Proxy.Edge.Replication;

namespace Proxy.Tests.Cluster.Shares;

/// <summary>A cluster of share machines.</summary>
internal sealed class SimShares : SimNetwork
{
    public SimShares(int seed, int nodes, RateRule rule, TimeSpan patience = default)
        : base(seed)
    {
        Nodes = [.. Enumerable.Range(0, nodes).Select(i => new Node(this, $"node-{i}", rule, patience))];
        foreach (var node in Nodes)
        {
            SetNodes(node, Nodes);
            node.Machine.SetLimits([node.Limiter]);
        }
    }

    public Node[] Nodes { get; }

    /// <summary>When requests were admitted, on any node.</summary>
    public List<(long At, int Node)> Admitted { get; } = [];

    public int Refused { get; private set; }

    /// <summary>Longest time a request had no answer.</summary>
    public long LongestWait { get; private set; }

    public void SetNodes(Node node, IEnumerable<Node> live)
    {
        node.Machine.SetNodes(live.Select(static one => one.Name), node.Shares, Now);
        Carry(node);
    }

    /// <summary>Requests of one key at a node, at random times around an even pace.</summary>
    public void Load(int node, ulong key, double perSecond, long from, long until)
    {
        if (perSecond <= 0)
        {
            return;
        }

        var gap = Second / perSecond;
        for (double at = from + (Random.NextDouble() * gap); at < until; at += gap * (0.5 + Random.NextDouble()))
        {
            At((long)at, () => Nodes[node].Request(key));
        }
    }

    private void Carry(Node node)
    {
        foreach (var effect in node.Machine.TakeEffects())
        {
            if (effect is RateShareEffect.Answer answer)
            {
                answer.To.Answered(answer.Verdict);
                continue;
            }

            var send = (RateShareEffect.Send)effect;
            var target = Array.FindIndex(Nodes, other => other.Name == send.Node);
            var bytes = send.Message.Encode();
            Send(Array.IndexOf(Nodes, node), target, () =>
            {
                var to = Nodes[target];
                to.Machine.Receive(node.Name, ShareMessage.Decode(bytes)!, to.Shares, Now);
                Carry(to);
                to.TickLater();
            });
        }

        node.TickLater();
    }

    internal sealed class Node : ILimitDesk
    {
        private readonly SimShares _sim;
        private bool _ticks;

        public Node(SimShares sim, string name, RateRule rule, TimeSpan patience)
        {
            (_sim, Name) = (sim, name);
            Machine = new RateShareMachine(name);
            Shares = new LimitShares(this);
            Limiter = new RateLimiter(
                "limit", rule, new LimitKey(LimitKeyKind.ClientAddress), patience, 1024, new EntryHash(new byte[16]),
                Shares);
        }

        public string Name { get; }

        public RateShareMachine Machine { get; }

        public LimitShares Shares { get; }

        public RateLimiter Limiter { get; }

        private int Index => Array.IndexOf(_sim.Nodes, this);

        public void Request(ulong key)
        {
            var arrived = _sim.Now;
            var verdict = Limiter.Take(key, arrived);
            if (verdict.Outcome == LimitOutcome.Unknown)
            {
                Assert.Null(Limiter.Ask(key, arrived, new Waiting(this, arrived)));
                _sim.Carry(this);
                return;
            }

            End(verdict, arrived);
        }

        public bool TryAsk(RateLimiter limiter, ulong key, ILimitAnswer answer)
        {
            Machine.Ask(limiter, key, answer, _sim.Now);
            return true;
        }

        public void TickLater()
        {
            if (!_ticks && Machine.NeedsTicks)
            {
                _ticks = true;
                _sim.At(_sim.Now + (5 * Millisecond), () =>
                {
                    _ticks = false;
                    Machine.Tick(Shares, _sim.Now);
                    _sim.Carry(this);
                });
            }
        }

        private void End(LimitVerdict verdict, long arrived)
        {
            _sim.LongestWait = Math.Max(_sim.LongestWait, _sim.Now - arrived);
            if (verdict.Outcome != LimitOutcome.Admitted)
            {
                _sim.Refused++;
                return;
            }

            var index = Index;
            _sim.At(_sim.Now + verdict.Wait, () => _sim.Admitted.Add((_sim.Now, index)));
        }

        private sealed class Waiting(Node node, long arrived) : ILimitAnswer
        {
            public void Answered(LimitVerdict verdict) => node.End(verdict, arrived);
        }
    }
}
