using Proxy.Actors.Runtime;
using Proxy.Cluster.Membership;
using Proxy.Tests.Cluster.Engine;
using Proxy.Tests.Simulation;

namespace Proxy.Tests.Cluster.Membership;

/// <summary>One process of a node: dies without a word, may be started again.</summary>
internal sealed class SimClusterNode
{
    private readonly ActorSystem _system;
    private readonly IRef<MembershipMessage> _actor;

    public SimClusterNode(
        SimDispatcher sim, ActorSystem system, SimEngine engine, NodeIdentity identity, MembershipSettings settings,
        string process)
    {
        _system = system;
        Engine = engine.Connect(process);
        Board = new MembershipBoard(
            new MembershipView { Cluster = settings.Cluster, Self = identity, ClusterId = settings.ClusterId });
        Board.Subscribe(change =>
        {
            Events.AddRange(change.Events);
            foreach (MemberEvent happened in change.Events)
            {
                sim.Note($"{identity.Name} {happened.Name}");
            }
        });
        _actor = system.Spawn(
            MembershipActor.Props(new MembershipServices(Engine, settings, Board, id => Remembered = id)), process);
    }

    public SimEngineClient Engine { get; }

    public MembershipBoard Board { get; }

    public MembershipView View => Board.View;

    public List<MemberEvent> Events { get; } = [];

    public string Remembered { get; private set; } = "";

    public bool IsDead { get; private set; }

    public void Tell(MembershipInput input) => _actor.Tell(new MembershipMessage.Input(input));

    public Task<OrderResult> Order(MemberOrderKind kind, string node) => _actor.Ask<MembershipMessage, OrderResult>(
        reply => new MembershipMessage.Order(new MemberOrder(kind, node), reply), TimeSpan.FromSeconds(5)).AsTask();

    /// <summary>As kill -9 does: nothing is given back.</summary>
    public void Kill()
    {
        IsDead = true;
        Engine.Cut();
        _system.Stop(_actor);
    }

    /// <summary>"a Up, b Up unreachable".</summary>
    public string Text() => string.Join(", ", View.Members.Select(static member =>
        $"{member.Node.Name} {member.Status}{(member.Reachable ? "" : " unreachable")}"));
}
