using Proxy.Actors.Config;
using Proxy.Actors.Pools;
using Proxy.Actors.Ports;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Health;
using Proxy.Tests.Cluster.Membership;

namespace Proxy.Tests.Cluster.Health;

/// <summary>Health supervision on simulated nodes: members are reached or not, per node; every check and every
/// judgement is recorded.</summary>
internal sealed class SimHealth : IDisposable
{
    private readonly Dictionary<string, Action<string, HealthMessage>> _listeners = [];

    public SimHealth(int seed, params string[] names)
    {
        Cluster = new SimCluster(seed);
        Nodes = Cluster.StartAll(names);
        foreach (SimClusterNode node in Nodes)
        {
            Join(node);
        }
    }

    public static HealthPlan Plan { get; } = new(
        "app",
        new ActiveHealthConfig
        {
            Interval = TimeSpan.FromSeconds(2), Timeout = TimeSpan.FromSeconds(1), Rise = 2, Fall = 3,
        },
        ["m1", "m2"]);

    public SimCluster Cluster { get; }

    public SimClusterNode[] Nodes { get; }

    /// <summary>"node member" that fails.</summary>
    public HashSet<string> Broken { get; } = [];

    /// <summary>Nodes that no message reaches or leaves.</summary>
    public HashSet<string> Lonely { get; } = [];

    /// <summary>"node member" of every check.</summary>
    public List<string> Probes { get; } = [];

    /// <summary>The latest judgement and when it came, by "node member".</summary>
    public Dictionary<string, (Judgement Judgement, TimeSpan At)> Judged { get; } = [];

    public void Run(double seconds) => Cluster.Run(seconds);

    public Judgement? Fresh(string node, string member) =>
        Judged.TryGetValue($"{node} {member}", out (Judgement Judgement, TimeSpan At) last)
            && Cluster.Sim.Clock.Elapsed - last.At < last.Judgement.FreshFor
            ? last.Judgement
            : null;

    public string Supervisor() => Nodes.First(static node => !node.IsDead).Owners.OwnerOf(Plan.Singleton)?.Node ?? "";

    public void Tell(string from, string to, HealthMessage message)
    {
        bool arrives = !Lonely.Contains(from) && !Lonely.Contains(to)
            && !Nodes.First(node => node.View.Self.Name == to).IsDead;
        if (arrives && HealthMessage.Read(message.Write()) is { } copy)
        {
            _listeners[to](from, copy);
        }
    }

    public void Dispose() => Cluster.Dispose();

    private void Join(SimClusterNode node)
    {
        string name = node.View.Self.Name;
        IRef<HealthCommand> desk = Cluster.System.Spawn(
            HealthDesk.Props(new HealthServices(
                new Wire(this, name), new Targets(this, name), node.Board, node.Owners, new HealthBoard())),
            $"health-{name}");
        desk.Tell(new HealthCommand.Plan([Plan]));
        node.Take([.. HealthDesk.Supervisors([Plan], desk)]);
    }

    private sealed class Wire(SimHealth health, string self) : IVerdictChannel
    {
        public void Send(string node, HealthMessage message) => health.Tell(self, node, message);

        public void Broadcast(HealthMessage message)
        {
            foreach (SimClusterNode node in health.Nodes.Where(node => node.View.Self.Name != self))
            {
                Send(node.View.Self.Name, message);
            }
        }

        public void Listen(Action<string, HealthMessage> received) => health._listeners[self] = received;
    }

    private sealed class Targets(SimHealth health, string self) : IHealthTargets
    {
        public ValueTask<ProbeResult> ProbeAsync(string pool, string member)
        {
            health.Probes.Add($"{self} {member}");
            bool broken = health.Broken.Contains($"{self} {member}");
            return ValueTask.FromResult(
                new ProbeResult(!broken, broken ? "refused" : "200", broken ? 0 : 200, TimeSpan.Zero));
        }

        public void Judge(string pool, string member, Judgement judgement) =>
            health.Judged[$"{self} {member}"] = (judgement, health.Cluster.Sim.Clock.Elapsed);
    }
}
