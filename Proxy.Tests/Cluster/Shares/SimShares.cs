using Proxy.Cluster.Shares;
using Proxy.Edge.Limits;
using Proxy.Edge.Replication;

namespace Proxy.Tests.Cluster.Shares;

/// <summary>A cluster of share machines in virtual time, with a network that delays, loses and parts. All of a run
/// follows from its seed.</summary>
internal sealed class SimShares
{
    public const long Millisecond = 1_000_000;
    public const long Second = 1000 * Millisecond;

    private readonly PriorityQueue<Action, (long At, long Order)> _agenda = new();
    private readonly Random _random;
    private long _order;

    public SimShares(int seed, int nodes, RateRule rule, TimeSpan patience = default)
    {
        _random = new Random(seed);
        Nodes = [.. Enumerable.Range(0, nodes).Select(i => new Node(this, $"node-{i}", rule, patience))];
        foreach (var node in Nodes)
        {
            SetNodes(node, Nodes);
            node.Machine.SetLimits([node.Limiter]);
        }
    }

    public long Now { get; private set; } = Second;

    public Node[] Nodes { get; }

    /// <summary>When requests were admitted, on any node.</summary>
    public List<(long At, int Node)> Admitted { get; } = [];

    public int Refused { get; private set; }

    /// <summary>Longest time a request had no answer.</summary>
    public long LongestWait { get; private set; }

    public long Delay { get; set; } = Millisecond / 2;

    public double Loss { get; set; }

    /// <summary>Whether messages pass between two nodes.</summary>
    public Func<int, int, bool> Passes { get; set; } = static (_, _) => true;

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
        for (double at = from + (_random.NextDouble() * gap); at < until; at += gap * (0.5 + _random.NextDouble()))
        {
            At((long)at, () => Nodes[node].Request(key));
        }
    }

    public void At(long time, Action action) => _agenda.Enqueue(action, (Math.Max(time, Now), _order++));

    public void Run(long until)
    {
        while (_agenda.TryPeek(out _, out var when) && when.At <= until)
        {
            var action = _agenda.Dequeue();
            Now = when.At;
            action();
        }

        Now = until;
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
            var source = Array.IndexOf(Nodes, node);
            if (!Passes(source, target) || _random.NextDouble() < Loss)
            {
                continue;
            }

            var bytes = send.Message.Encode();
            At(Now + (Delay / 2) + _random.NextInt64(Delay), () =>
            {
                if (Passes(source, target))
                {
                    var to = Nodes[target];
                    to.Machine.Receive(node.Name, ShareMessage.Decode(bytes)!, to.Shares, Now);
                    Carry(to);
                    to.TickLater();
                }
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
