using Proxy.Actors.Runtime;
using Proxy.Cluster.Health;
using Proxy.Cluster.Host;
using Proxy.Cluster.Membership;
using Proxy.Edge.Replication;
using Proxy.Tests.Cluster.Engine;
using Proxy.Tests.Cluster.Health;
using Proxy.Tests.Cluster.Membership;
using Proxy.Tests.Cluster.Peers;
using Proxy.Tests.Cluster.Revisions;

namespace Proxy.Tests.Simulation.Cluster;

/// <summary>One process of a node, put together as the host does it: membership, singletons, health supervision,
/// revisions, peer streams, shared limits and remembered sessions, by its own clock.</summary>
internal sealed class SimulatedNode : IDisposable
{
    public static readonly string[] Singletons = ["s", "t"];

    private static readonly TimeSpan EngineWay = TimeSpan.FromMilliseconds(60);

    private readonly ClusterWorld _world;
    private readonly NodeClock _clock;
    private readonly ActorSystem _system;
    private readonly MemberDirectory _directory = new([]);
    private readonly PeerWatch _watch;
    private readonly IDisposable _watching;
    private readonly ITimer _look;

    public SimulatedNode(ClusterWorld world, string name, string process, NodeClock clock)
    {
        (_world, Name, Process, _clock) = (world, name, process, clock);
        _watch = new PeerWatch(name);
        var turns = new NodeDispatcher(world.Sim, clock);
        _system = new ActorSystem(turns, new SilentActorEvents());
        NodeIdentity identity = SimCluster.Identity(
            name, MembershipActor.NewIncarnation(clock.GetUtcNow(), world.Sim.Random));
        Cluster = new SimClusterNode(
            world.Sim, _system, world.Engine, identity, SimCluster.Settings, process, clock);
        _watching = Cluster.Board.Subscribe(OnMembership);
        Mesh = world.Peers.Start(name, address: identity.PeerAddress, time: clock);
        var messages = new MeshMessages(Mesh);
        Limits = new SimulatedLimits(_system, name, messages, clock);
        Sessions = new SimulatedSessions(Mesh);
        Revisions = new RevisionNode(
            world.Sim, name, new SlowEngine(Cluster.Engine, clock, world.Random, EngineWay),
            RevisionClusterTests.File(), world.Names, world.Disks.GetValueOrDefault(name), own: turns);
        IRef<HealthCommand> desk = _system.Spawn(
            HealthDesk.Props(new HealthServices(
                messages, new SimulatedMembers(world, name), Cluster.Board, Cluster.Owners, new HealthBoard())),
            $"{process}-health");
        desk.Tell(new HealthCommand.Plan([SimHealth.Plan]));
        Cluster.Take(
        [
            .. HealthDesk.Supervisors([SimHealth.Plan], desk),
            .. Singletons.Select(singleton => world.Resource.Singleton(singleton, process)),
        ]);
        _look = clock.CreateTimer(_ => Look(), null, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
    }

    public string Name { get; }

    /// <summary>Another one after every start.</summary>
    public string Process { get; }

    public SimClusterNode Cluster { get; }

    public SimNode Mesh { get; }

    public RevisionNode Revisions { get; }

    public SimulatedLimits Limits { get; }

    public SimulatedSessions Sessions { get; }

    /// <summary>Was ordered to leave.</summary>
    public bool Leaves { get; private set; }

    public bool HasLeft => Cluster.View.Standing == ClusterStanding.Left;

    public Task<Proxy.Cluster.Revisions.RevisionStart>? Started { get; private set; }

    public void Begin() => Started = Revisions.Begin();

    public void Leave()
    {
        Leaves = true;
        _ = Cluster.Order(new MemberOrder(MemberOrderKind.Leave, Name, Cluster.View.Self.Incarnation));
    }

    /// <summary>The process ends without a word.</summary>
    /// <param name="silent">The others' connections stay open.</param>
    public void Kill(bool silent)
    {
        _world.Peers.Crash(Mesh, silent);
        Dispose();
    }

    public void Dispose()
    {
        _look.Dispose();
        _watching.Dispose();
        Mesh.Alive = false;
        Cluster.Kill();
        Revisions.Dispose();
        _ = _system.Shutdown.Run("killed");
    }

    private void OnMembership(MembershipChange change)
    {
        _directory.Take(change);
        foreach (MemberEvent happened in change.Events)
        {
            _world.Say($"{Process} sees {MemberEventText.Of(happened)}");
        }
    }

    /// <summary>What the host does every second with what it knows of the others.</summary>
    private void Look()
    {
        Mesh.Machine.SetTargets(_directory.Targets, _world.Peers.InstantOf(Mesh));
        PeerLook look = _watch.Look(Mesh.PeersUp, _directory.Names);
        Mesh.Counters.SetPeers(look.Nodes.Select(NodeTag.Of));
        Limits.SetNodes(look.Nodes);
        if (look.Silent is { } silent)
        {
            Cluster.Tell(new MembershipInput.PeersSilent(silent));
        }
    }
}
