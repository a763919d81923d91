using Proxy.Actors.Runtime;
using Proxy.Cluster.Peers;
using Proxy.Cluster.Peers.Blobs;
using Proxy.Cluster.Peers.Mesh;
using Proxy.Cluster.Peers.Session;
using Proxy.Edge.Replication;
using Proxy.Tests.Simulation;

namespace Proxy.Tests.Cluster.Peers;

/// <summary>Nodes with their real mesh machines on a virtual clock and a network that delays, breaks and divides as the
/// test says. Connections deliver in order, as TCP does; what is on its way over a divided network waits.</summary>
/// <param name="clock">One that others live by too; without it the test moves the time with RunUntil.</param>
internal sealed class SimPeers(int seed, VirtualTime? clock = null)
{
    private const long WallStart = 1_800_000_000_000;
    private readonly PriorityQueue<Action, (long Time, long Order)> _events = new();
    private readonly HashSet<(string, string)> _cuts = [];
    private readonly List<SimLink> _links = [];
    private long _order;
    private long _now;
    private long _incarnations;

    public Random Random { get; } = new(seed);

    public long Now => clock is null ? _now : (long)clock.Elapsed.TotalMilliseconds;

    public Dictionary<string, SimNode> Nodes { get; } = [];

    public MeshOptions Options { get; init; } = new();

    /// <summary>Bytes per millisecond; 0 = as fast as they come.</summary>
    public int Bandwidth { get; set; }

    public int MaxDelay { get; init; } = 5;

    public int JournalCapacity { get; init; } = 64;

    public int TableCapacity { get; init; } = 100_000;

    /// <summary>How often what is sent is lost and sent again, which takes its time.</summary>
    public double Loss { get; set; }

    /// <summary>Nodes know each other from their start; otherwise the test tells them.</summary>
    public bool KnowEachOther { get; init; } = true;

    public IReadOnlyList<SimLink> Links => _links;

    public SimNode Start(
        string name, long skew = 0, MeshOptions? options = null, string cluster = "test", string? address = null,
        TimeProvider? time = null)
    {
        var node = new SimNode(this, name, address ?? name, cluster, skew, options ?? Options, ++_incarnations)
        {
            Time = time,
        };
        Nodes[node.Address] = node;
        if (KnowEachOther)
        {
            SetTargets();
        }

        Every(100, node, node.Tick);
        return node;
    }

    /// <summary>With a silent crash the others get no reset.</summary>
    public void Crash(SimNode node, bool silent)
    {
        node.Alive = false;
        Nodes.Remove(node.Address);
        foreach (SimLink link in _links.Where(link => link.Involves(node)).ToList())
        {
            link.Break(silent);
        }
    }

    public void Cut(string a, string b, bool cut)
    {
        CutOneWay(a, b, cut);
        CutOneWay(b, a, cut);
    }

    public void CutOneWay(string from, string to, bool cut) =>
        _ = cut ? _cuts.Add((from, to)) : _cuts.Remove((from, to));

    public void HealAll() => _cuts.Clear();

    public bool IsCut(string a, string b) => _cuts.Contains((a, b));

    public PeerInstant InstantOf(SimNode node) => node.Time is { } time
        ? new((long)time.GetElapsedTime(0).TotalMilliseconds, time.GetUtcNow().ToUnixTimeMilliseconds())
        : new(Now, WallStart + Now + node.Skew);

    public void At(long time, Action action)
    {
        if (clock is null)
        {
            _events.Enqueue(action, (Math.Max(time, Now), _order++));
        }
        else
        {
            _ = clock.CreateTimer(
                static state => ((Action)state!)(), action, TimeSpan.FromMilliseconds(Math.Max(0, time - Now)),
                Timeout.InfiniteTimeSpan);
        }
    }

    public void RunUntil(long time)
    {
        while (_events.TryPeek(out _, out (long Time, long Order) key) && key.Time <= time)
        {
            _now = key.Time;
            _events.Dequeue()();
        }

        _now = time;
    }

    public void SetTargets()
    {
        PeerTarget[] targets = [.. Nodes.Values.Select(static node => new PeerTarget(node.Address))];
        foreach (SimNode node in Nodes.Values)
        {
            node.Machine.SetTargets(targets, InstantOf(node));
        }
    }

    public void Dial(SimNode from, long connection, PeerTarget target)
    {
        At(Now + 1 + Random.Next(MaxDelay), () =>
        {
            if (!from.Alive)
            {
                return;
            }

            if (!Nodes.TryGetValue(target.Address, out SimNode? to)
                || IsCut(from.Address, to.Address) || IsCut(to.Address, from.Address)
                || to.Machine.Accept(from.Address, to.CertificateNamesOfCaller, InstantOf(to)) is not { } accepted)
            {
                from.Machine.Closed(connection, "not reached", InstantOf(from));
                from.Flush();
                return;
            }

            var link = new SimLink(this, from, connection, to, accepted.Connection);
            _links.Add(link);
            from.Links[connection] = link;
            to.Links[accepted.Connection] = link;
            from.Machine.Connected(connection, null, InstantOf(from));
            from.Flush();
            to.Flush();
        });
    }

    public void Forget(SimLink link) => _links.Remove(link);

    private void Every(long period, SimNode node, Action action)
    {
        At(Now + period, () =>
        {
            if (node.Alive)
            {
                action();
                Every(period, node, action);
            }
        });
    }
}

/// <summary>One node; everything of it dies with it.</summary>
internal sealed class SimNode
{
    private readonly SimPeers _sim;
    private bool _pumping;
    private int _ticks;

    public SimNode(
        SimPeers sim, string name, string address, string cluster, long skew, MeshOptions options, long incarnation)
    {
        _sim = sim;
        Name = name;
        Address = address;
        Skew = skew;
        var clock = new HybridClock(options.MaxClockDrift);
        var signal = new WriteSignal();
        NodeTag tag = NodeTag.Of(name);
        Entries = new Replica(1, tag, clock, new ReplicaTable(sim.TableCapacity),
            new WriteJournal(sim.JournalCapacity, signal));
        Counts = new Replica(2, tag, clock, new ReplicaTable(sim.TableCapacity),
            new WriteJournal(sim.JournalCapacity, signal));
        Counters = new SummedCounters(Counts, tag, 1_000);
        Blobs = new BlobReplica(tag, clock, signal);
        Machine = new MeshMachine(
            new PeerIdentity(cluster, name, incarnation), options, [Entries, Counts], Blobs,
            new SeededRandom(sim.Random.Next()));
    }

    public string Name { get; }

    public string Address { get; }

    public long Skew { get; }

    /// <summary>Its own clock instead of the network's.</summary>
    public TimeProvider? Time { get; init; }

    /// <summary>Gets the messages of other nodes.</summary>
    public Action<MeshEffect.Message>? Heard { get; set; }

    public bool Alive { get; set; } = true;

    public MeshMachine Machine { get; }

    public Replica Entries { get; }

    public Replica Counts { get; }

    public SummedCounters Counters { get; }

    public BlobReplica Blobs { get; }

    public Dictionary<long, SimLink> Links { get; } = [];

    public List<MeshEffect> Seen { get; } = [];

    public IReadOnlyList<string>? CertificateNamesOfCaller { get; set; }

    public long Wall => _sim.InstantOf(this).Wall;

    public string[] PeersUp => [.. Machine.Live.Select(static session => session.Peer!.Node).Order()];

    public void Tick()
    {
        Counters.Flush(Wall);
        if (++_ticks % 100 == 0)
        {
            Counters.Sweep(Wall);
        }

        Machine.Tick(_sim.InstantOf(this));
        Flush();
    }

    /// <summary>After a write: sent a millisecond later, with what else comes meanwhile.</summary>
    public void PumpSoon()
    {
        if (!_pumping)
        {
            _pumping = true;
            _sim.At(_sim.Now + 1, () =>
            {
                _pumping = false;
                if (Alive)
                {
                    Machine.Pump();
                    Flush();
                }
            });
        }
    }

    /// <summary>For what is sent by parts that may outlive the node for a turn.</summary>
    public void FlushIfAlive()
    {
        if (Alive)
        {
            Flush();
        }
    }

    public void Flush()
    {
        foreach (MeshEffect effect in Machine.TakeEffects())
        {
            Seen.Add(effect);
            switch (effect)
            {
                case MeshEffect.Message message:
                    Heard?.Invoke(message);
                    break;
                case MeshEffect.Dial dial:
                    _sim.Dial(this, dial.Connection, dial.Target);
                    break;
                case MeshEffect.Close close when Links.TryGetValue(close.Connection, out SimLink? link):
                    Send(close.Connection, Machine.Find(close.Connection));
                    link.CloseAfterFlush(this, close.Connection);
                    break;
                case MeshEffect.Close close:
                    Machine.Closed(close.Connection, "closed", _sim.InstantOf(this));
                    break;
            }
        }

        foreach (PeerSession session in Machine.Sendable.ToList())
        {
            Send(session.Connection, session);
        }

        if (Machine.HasMore)
        {
            PumpSoon();
        }
    }

    private void Send(long connection, PeerSession? session)
    {
        if (session is not null && Links.TryGetValue(connection, out SimLink? link))
        {
            while (session.Outbox.Take() is { } frame)
            {
                link.Send(this, connection, frame.Written.ToArray());
                frame.Release();
            }
        }
    }
}

/// <summary>A connection between two nodes: two pipes that keep their order.</summary>
internal sealed class SimLink(SimPeers sim, SimNode a, long connectionA, SimNode b, long connectionB)
{
    private readonly Pipe _toA = new();
    private readonly Pipe _toB = new();
    private bool _broken;

    public bool Involves(SimNode node) => node == a || node == b;

    public void Send(SimNode from, long connection, byte[] bytes)
    {
        // A node that called itself is both ends.
        Pipe pipe = from == a && connection == connectionA ? _toB : _toA;
        pipe.Bytes.Enqueue(bytes);
        Schedule(pipe);
    }

    /// <summary>What is on its way arrives, then the end does.</summary>
    public void CloseAfterFlush(SimNode from, long connection)
    {
        Send(from, connection, []);
        sim.At(sim.Now + 1_000, () => Break(silent: false));
    }

    public void Break(bool silent)
    {
        if (_broken)
        {
            return;
        }

        _broken = true;
        sim.Forget(this);
        foreach ((SimNode node, long connection) in new[] { (a, connectionA), (b, connectionB) })
        {
            node.Links.Remove(connection);
            if (!silent)
            {
                sim.At(sim.Now + 1, () => Closed(node, connection));
            }
        }
    }

    private void Schedule(Pipe pipe)
    {
        if (!pipe.Busy && pipe.Bytes.TryPeek(out byte[]? next))
        {
            pipe.Busy = true;
            long way = 1 + sim.Random.Next(sim.MaxDelay) + (sim.Bandwidth > 0 ? next.Length / sim.Bandwidth : 0);
            way += sim.Loss > 0 && sim.Random.NextDouble() < sim.Loss ? 200 : 0;
            sim.At(sim.Now + way, () => Deliver(pipe));
        }
    }

    private void Deliver(Pipe pipe)
    {
        pipe.Busy = false;
        (SimNode from, long fromConnection, SimNode to, long toConnection) = pipe == _toB
            ? (a, connectionA, b, connectionB)
            : (b, connectionB, a, connectionA);
        if (_broken || !to.Alive)
        {
            return;
        }

        if (sim.IsCut(from.Address, to.Address))
        {
            pipe.Busy = true;
            sim.At(sim.Now + 50, () => Deliver(pipe));
            return;
        }

        // All that has come together meanwhile arrives at once, cut at any byte.
        byte[] bytes = pipe.Bytes.Dequeue();
        if (bytes.Length == 0)
        {
            Break(silent: false);
            return;
        }

        Receive(to, toConnection, bytes);
        if (from.Alive)
        {
            from.Machine.Sent(fromConnection, bytes.Length, sim.InstantOf(from));
            from.Flush();
        }

        Schedule(pipe);
    }

    private void Receive(SimNode to, long connection, byte[] bytes)
    {
        int at = 0;
        while (at < bytes.Length && to.Machine.Find(connection) is { } session)
        {
            int count = Math.Min(session.Reader.Free.Length, Math.Min(bytes.Length - at, 1 + sim.Random.Next(20_000)));
            bytes.AsMemory(at, count).CopyTo(session.Reader.Free);
            to.Machine.Received(connection, count, sim.InstantOf(to));
            at += count;
        }

        to.Flush();
    }

    private void Closed(SimNode node, long connection)
    {
        if (node.Alive)
        {
            node.Machine.Closed(connection, "reset", sim.InstantOf(node));
            node.Flush();
        }
    }

    private sealed class Pipe
    {
        public Queue<byte[]> Bytes { get; } = new();

        public bool Busy { get; set; }
    }
}
