using Proxy.Cluster.Shares;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Cluster.Shares;

/// <summary>Nodes that share the slots of one member, in virtual time: requests come, take a slot or wait for one, hold
/// it for a while. All of a run follows from its seed.</summary>
internal sealed class SimSlots
{
    public const long Millisecond = 1_000_000;
    public const long Second = 1000 * Millisecond;

    private readonly PriorityQueue<Action, (long At, long Order)> _agenda = new();
    private readonly Random _random;
    private readonly int _limit;
    private long _order;

    public SimSlots(int seed, int nodes, int limit)
    {
        (_random, _limit) = (new Random(seed), limit);
        Nodes = [.. Enumerable.Range(0, nodes).Select(i => new Node($"node-{i}"))];
        foreach (var node in Nodes)
        {
            node.Machine.SetMembers([new SharedMember(node.State, node.Pool, limit)], Now);
            SetNodes(node, Nodes);
            Tick(node);
        }
    }

    public long Now { get; private set; } = Second;

    public Node[] Nodes { get; }

    public long Delay { get; set; } = Millisecond / 2;

    public double Loss { get; set; }

    public Func<int, int, bool> Passes { get; set; } = static (_, _) => true;

    /// <summary>Most slots in use at once over all nodes since it was last set.</summary>
    public int Peak { get; set; }

    public int InUse => Nodes.Sum(node => node.State.SlotsInUse);

    public void SetNodes(Node node, IEnumerable<Node> live)
    {
        node.Machine.SetNodes(live.Select(static one => one.Name), Now);
        Carry(node);
    }

    /// <param name="hold">Average time a request takes.</param>
    public void Load(int node, double perSecond, long hold, long from, long until)
    {
        var gap = Second / perSecond;
        for (double at = from + (_random.NextDouble() * gap); at < until; at += gap * (0.5 + _random.NextDouble()))
        {
            var time = (long)(hold * (0.5 + _random.NextDouble()));
            At((long)at, () => Arrive(Nodes[node], time));
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

    private void Arrive(Node node, long hold)
    {
        node.Waiting.Enqueue(hold);
        node.Pool.Waiters.Add();
        Serve(node);
    }

    private void Serve(Node node)
    {
        while (node.Waiting.Count > 0 && node.State.TryTakeSlot(_limit))
        {
            var hold = node.Waiting.Dequeue();
            node.Pool.Waiters.Remove();
            node.Served++;
            Peak = Math.Max(Peak, InUse);
            At(Now + hold, () =>
            {
                node.State.ReturnSlot();
                Serve(node);
            });
        }
    }

    private void Tick(Node node)
    {
        node.Machine.Tick(Now);
        Carry(node);
        At(Now + SlotShareMachine.Interval, () => Tick(node));
    }

    private void Carry(Node node)
    {
        foreach (var effect in node.Machine.TakeEffects())
        {
            if (effect is SlotShareEffect.Raised)
            {
                Serve(node);
                continue;
            }

            var send = (SlotShareEffect.Send)effect;
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
                    Nodes[target].Machine.Receive(node.Name, ShareMessage.Decode(bytes)!, Now);
                    Carry(Nodes[target]);
                }
            });
        }
    }

    internal sealed class Node(string name)
    {
        public string Name { get; } = name;

        public SlotShareMachine Machine { get; } = new(name);

        public MemberState State { get; } = new(new MemberId("app", "a"), "http://a", 1);

        public PoolState Pool { get; } = new("app");

        public Queue<long> Waiting { get; } = new();

        public int Served { get; set; }
    }
}
