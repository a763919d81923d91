using Proxy.Cluster.Shares;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Cluster.Shares;

/// <summary>Nodes that share the slots of one member: requests come, take a slot or wait for one, hold it for a
/// while.</summary>
internal sealed class SimSlots : SimNetwork
{
    private readonly int _limit;

    public SimSlots(int seed, int nodes, int limit)
        : base(seed)
    {
        _limit = limit;
        Nodes = [.. Enumerable.Range(0, nodes).Select(i => new Node($"node-{i}"))];
        foreach (var node in Nodes)
        {
            node.Machine.SetMembers([new SharedMember(node.State, node.Pool, limit)], Now);
            SetNodes(node, Nodes);
            Tick(node);
        }
    }

    public Node[] Nodes { get; }

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
        for (double at = from + (Random.NextDouble() * gap); at < until; at += gap * (0.5 + Random.NextDouble()))
        {
            var time = (long)(hold * (0.5 + Random.NextDouble()));
            At((long)at, () => Arrive(Nodes[node], time));
        }
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
            var bytes = send.Message.Encode();
            Send(Array.IndexOf(Nodes, node), target, () =>
            {
                Nodes[target].Machine.Receive(node.Name, ShareMessage.Decode(bytes)!, Now);
                Carry(Nodes[target]);
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
