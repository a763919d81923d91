using Proxy.Actors.Runtime;
using Proxy.Cluster.Membership;
using Proxy.Cluster.Singletons;
using Proxy.Tests.Cluster.Engine;
using Proxy.Tests.Simulation;

namespace Proxy.Tests.Cluster.Membership;

/// <summary>One process of a node: dies without a word, may be started again.</summary>
internal sealed class SimClusterNode
{
    private readonly ActorSystem _system;
    private readonly IRef<MembershipMessage> _actor;
    private readonly string _process;
    private IRef<SingletonMessage>? _singletons;

    public SimClusterNode(
        SimDispatcher sim, ActorSystem system, SimEngine engine, NodeIdentity identity, MembershipSettings settings,
        string process, TimeProvider? time = null)
    {
        (_system, _process) = (system, process);
        Engine = engine.Connect(process, time);
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

    public SingletonBoard Owners { get; } = new();

    public bool IsDead { get; private set; }

    public void Tell(MembershipInput input) => _actor.Tell(new MembershipMessage.Input(input));

    public Task<OrderResult> Order(MemberOrder order) => _actor.Ask<MembershipMessage, OrderResult>(
        reply => new MembershipMessage.Order(order, reply), TimeSpan.FromSeconds(5)).AsTask();

    /// <summary>Takes part in singletons; replaces those before.</summary>
    public void Take(params Singleton[] singletons)
    {
        _singletons ??= _system.Spawn(
            SingletonActor.Props(new SingletonServices(
                Engine, Board, Owners, held => Tell(new MembershipInput.SingletonsHeld(held)), static _ => { })),
            $"{_process}-singletons");
        _singletons.Tell(new SingletonMessage.Configure([.. singletons]));
    }

    /// <summary>As kill -9 does: nothing is given back.</summary>
    public void Kill()
    {
        IsDead = true;
        Engine.Cut();
        _system.Stop(_actor);
        if (_singletons is not null)
        {
            _system.Stop(_singletons);
        }
    }

    /// <summary>"a Up, b Up unreachable".</summary>
    public string Text() => string.Join(", ", View.Members.Select(static member =>
        $"{member.Node.Name} {member.Status}{(member.Reachable ? "" : " unreachable")}"));
}
