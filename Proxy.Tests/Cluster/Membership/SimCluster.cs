using Proxy.Actors.Runtime;
using Proxy.Cluster.Membership;
using Proxy.Tests.Cluster.Engine;
using Proxy.Tests.Simulation;

namespace Proxy.Tests.Cluster.Membership;

/// <summary>Nodes of a cluster on one virtual clock and one simulated engine.</summary>
internal sealed class SimCluster : IDisposable
{
    public static readonly MembershipSettings Settings = new() { Cluster = "test" };

    private int _processes;

    public SimCluster(int seed = 1)
    {
        Sim = new SimDispatcher(seed);
        System = new ActorSystem(Sim, new SilentActorEvents());
        Engine = new SimEngine(Sim.Time, SimEngineOptions.LikeEtcd);
    }

    public SimDispatcher Sim { get; }

    public ActorSystem System { get; }

    public SimEngine Engine { get; }

    public List<SimClusterNode> Nodes { get; } = [];

    public static NodeIdentity Identity(string name, long incarnation) => new()
    {
        Name = name,
        Incarnation = incarnation,
        Home = $"home of {name}",
        PeerAddress = $"{name}:7400",
        Version = "1.0",
    };

    public SimClusterNode Start(
        string name, Func<NodeIdentity, NodeIdentity>? identity = null, MembershipSettings? settings = null)
    {
        NodeIdentity self = Identity(name, MembershipActor.NewIncarnation(Sim.Time.GetUtcNow(), Sim.Random));
        var node = new SimClusterNode(
            Sim, System, Engine, identity?.Invoke(self) ?? self, settings ?? Settings, $"{name}-{++_processes}");
        Nodes.Add(node);
        return node;
    }

    public SimClusterNode[] StartAll(params string[] names)
    {
        SimClusterNode[] nodes = [.. names.Select(name => Start(name))];
        Run(2);
        return nodes;
    }

    public void Run(double seconds) => Sim.Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>An order and its answer.</summary>
    public OrderResult Order(SimClusterNode node, MemberOrderKind kind, string target, long incarnation = 0)
    {
        Task<OrderResult> answer = node.Order(new MemberOrder(kind, target, incarnation));
        Run(2);
        Assert.True(answer.IsCompleted, Sim.Tail);
        return answer.GetAwaiter().GetResult();
    }

    public void Dispose() => Engine.Dispose();
}
