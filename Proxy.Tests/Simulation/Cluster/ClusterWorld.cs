using Proxy.Cluster.Revisions;
using Proxy.Tests.Cluster.Engine;
using Proxy.Tests.Cluster.Peers;
using Proxy.Tests.Cluster.Singletons;

namespace Proxy.Tests.Simulation.Cluster;

/// <summary>What the nodes of one run live in: one clock, one engine, one network, the disks, the members behind them
/// and the thing singletons act on. All of it follows from the seed.</summary>
internal sealed class ClusterWorld : IDisposable
{
    private readonly Dictionary<string, NodeClock> _clocks = [];
    private readonly TextWriter? _trace;
    private int _processes;

    /// <param name="trace">Gets what happens, line by line.</param>
    public ClusterWorld(int seed, TextWriter? trace)
    {
        _trace = trace;
        Seed = seed;
        Random = new Random(seed);
        Sim = new SimDispatcher(seed);
        Engine = new SimEngine(Sim.Time, SimEngineOptions.LikeEtcd);
        Peers = new SimPeers(seed, Sim.Clock) { TableCapacity = 2_000, KnowEachOther = false };
        Resource = new SimResource(Sim.Time);
        Names = [.. "abcde"[..Math.Max(3, Random.Next(6))].Select(static letter => letter.ToString())];
        foreach (string name in Names)
        {
            _clocks[name] = new NodeClock(
                Sim.Clock, TimeSpan.FromMilliseconds(Random.Next(-1_000, 1_000)),
                1 + ((Random.NextDouble() - 0.5) * 0.02));
        }
    }

    public int Seed { get; }

    /// <summary>Draws what happens; the turns of actors are drawn elsewhere.</summary>
    public Random Random { get; }

    public SimDispatcher Sim { get; }

    public SimEngine Engine { get; }

    public SimPeers Peers { get; }

    public SimResource Resource { get; }

    public string[] Names { get; }

    /// <summary>Processes that run, by node.</summary>
    public SortedDictionary<string, SimulatedNode> Nodes { get; } = new(StringComparer.Ordinal);

    /// <summary>What each node's disk remembers.</summary>
    public Dictionary<string, RememberedRevision?> Disks { get; } = [];

    /// <summary>Members of the pool that answer no check.</summary>
    public HashSet<string> Broken { get; } = [];

    public ClusterInvariants Invariants { get; } = new();

    public TimeSpan Now => Sim.Clock.Elapsed;

    public SimulatedNode Start(string name)
    {
        Say($"{name} starts");
        var node = new SimulatedNode(this, name, $"{name}-{++_processes}", _clocks[name]);
        Nodes[name] = node;
        node.Begin();
        return node;
    }

    /// <summary>As kill -9 does.</summary>
    public void Kill(SimulatedNode node, bool silent)
    {
        Say($"{node.Process} is killed{(silent ? ", its connections stay open" : "")}");
        Nodes.Remove(node.Name);
        Disks[node.Name] = node.Revisions.Memory;
        node.Kill(silent);
    }

    public void Run(TimeSpan time) => Sim.Advance(time);

    /// <summary>Adds to the trace.</summary>
    public void Say(string what)
    {
        Sim.Note(what);
        _trace?.WriteLine($"{Now.TotalSeconds,9:0.000}  {what}");
    }

    public void Dispose()
    {
        foreach (SimulatedNode node in Nodes.Values)
        {
            node.Dispose();
        }

        Engine.Dispose();
    }
}
