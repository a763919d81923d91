using System.Collections.Immutable;
using Proxy.Actors.Pools;
using Proxy.Actors.Ports;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Membership;
using Proxy.Cluster.Singletons;

namespace Proxy.Cluster.Health;

/// <summary>Mail of the <see cref="HealthDesk"/>.</summary>
internal abstract record HealthCommand
{
    private HealthCommand()
    {
    }

    /// <summary>The pools as they are configured now.</summary>
    internal sealed record Plan(ImmutableArray<HealthPlan> Plans) : HealthCommand;

    internal sealed record Membership(MembershipView View) : HealthCommand;

    /// <summary>A supervisor began on this node.</summary>
    internal sealed record Supervise(string Pool, IRef<SupervisorMessage> Supervisor) : HealthCommand;

    internal sealed record Unsupervise(string Pool, IRef<SupervisorMessage> Supervisor) : HealthCommand;

    internal sealed record Ask(string Node, HealthMessage.Order Order) : HealthCommand;

    internal sealed record Publish(HealthMessage.Verdicts Verdicts) : HealthCommand;

    internal sealed record Received(string Node, HealthMessage Message) : HealthCommand;

    internal sealed record Probed(string Asker, HealthMessage.Order Order, Result<ProbeResult> Result) : HealthCommand;
}

internal sealed record HealthServices(
    IVerdictChannel Channel, IHealthTargets Targets, MembershipBoard Board, SingletonBoard Owners, HealthBoard Heard);

/// <summary>A node's desk for the health of members: checks what supervisors ask for, carries what the supervisors
/// here say and ask, and hands the verdicts of all to the pools.</summary>
internal sealed class HealthDesk : Actor<HealthCommand>
{
    private readonly HealthServices _services;
    private readonly Dictionary<string, IRef<SupervisorMessage>> _supervisors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Token, long Number)> _heard = new(StringComparer.Ordinal);
    private ImmutableArray<HealthPlan> _plans = [];
    private ImmutableArray<string> _nodes = [];
    private IDisposable? _subscription;

    private HealthDesk(IActorContext<HealthCommand> context, HealthServices services)
        : base(context) => _services = services;

    private string Self => _services.Board.View.Self.Name;

    public static Props<HealthCommand> Props(HealthServices services) =>
        new(context => new HealthDesk(context, services));

    /// <summary>The supervisors that shall run somewhere in the cluster.</summary>
    public static ImmutableArray<Singleton> Supervisors(ImmutableArray<HealthPlan> plans, IRef<HealthCommand> desk) =>
    [
        .. plans.Select(plan => new Singleton(
            new SingletonPlace(plan.Singleton, ""),
            (context, name, term) => context.Spawn(
                new Props<SupervisorMessage>(own => new SupervisorActor(own, plan, term, desk)), name))),
    ];

    protected override void PreStart()
    {
        IRef<HealthCommand> self = Context.Self;
        _services.Channel.Listen((node, message) => self.Tell(new HealthCommand.Received(node, message)));
        _subscription = _services.Board.Subscribe(change => self.Tell(new HealthCommand.Membership(change.View)));
    }

    protected override void Receive(HealthCommand message)
    {
        switch (message)
        {
            case HealthCommand.Plan plan:
                OnPlan(plan.Plans);
                break;
            case HealthCommand.Membership membership:
                OnMembership(membership.View);
                break;
            case HealthCommand.Supervise begun:
                _supervisors[begun.Pool] = begun.Supervisor;
                Introduce(begun.Pool, begun.Supervisor);
                break;
            case HealthCommand.Unsupervise ended when _supervisors.GetValueOrDefault(ended.Pool) == ended.Supervisor:
                _supervisors.Remove(ended.Pool);
                break;
            case HealthCommand.Unsupervise:
                break;
            case HealthCommand.Ask ask:
                Send(ask.Node, ask.Order);
                break;
            case HealthCommand.Publish publish:
                _services.Channel.Broadcast(publish.Verdicts);
                OnVerdicts(publish.Verdicts);
                break;
            case HealthCommand.Received received:
                OnReceived(received.Node, received.Message);
                break;
            case HealthCommand.Probed probed:
                OnProbed(probed);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "unknown message");
        }
    }

    protected override void PostStop() => _subscription?.Dispose();

    private void OnPlan(ImmutableArray<HealthPlan> plans)
    {
        _plans = plans;
        foreach ((string pool, IRef<SupervisorMessage> supervisor) in _supervisors)
        {
            Introduce(pool, supervisor);
        }
    }

    private void OnMembership(MembershipView view)
    {
        ImmutableArray<string> nodes =
        [
            .. view.Members
                .Where(static member => member.IsServing)
                .Select(static member => member.Node.Name),
        ];
        if (nodes.SequenceEqual(_nodes))
        {
            return;
        }

        _nodes = nodes;
        foreach (IRef<SupervisorMessage> supervisor in _supervisors.Values)
        {
            supervisor.Tell(new SupervisorMessage.Nodes(nodes));
        }
    }

    private void Introduce(string pool, IRef<SupervisorMessage> supervisor)
    {
        if (_plans.FirstOrDefault(plan => plan.Pool == pool) is { } known)
        {
            supervisor.Tell(new SupervisorMessage.Planned(known));
        }

        supervisor.Tell(new SupervisorMessage.Nodes(_nodes));
    }

    private void Send(string node, HealthMessage message)
    {
        if (node == Self)
        {
            OnReceived(node, message);
        }
        else
        {
            _services.Channel.Send(node, message);
        }
    }

    private void OnReceived(string node, HealthMessage message)
    {
        switch (message)
        {
            case HealthMessage.Order order:
                Context.PipeToSelf(
                    _services.Targets.ProbeAsync(order.Pool, order.Member),
                    result => new HealthCommand.Probed(node, order, result));
                break;
            case HealthMessage.Report report:
                _supervisors.GetValueOrDefault(report.Pool)?.Tell(new SupervisorMessage.Reported(node, report));
                break;
            case HealthMessage.Verdicts verdicts:
                OnVerdicts(verdicts);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "unknown message");
        }
    }

    private void OnProbed(HealthCommand.Probed probed)
    {
        if (probed.Result.TryGetValue(out ProbeResult result))
        {
            HealthMessage.Order order = probed.Order;
            Send(probed.Asker, new HealthMessage.Report(
                order.Pool, order.Member, order.Token, order.Round, result.Passed, result.Reason));
        }
    }

    private void OnVerdicts(HealthMessage.Verdicts verdicts)
    {
        // A node alone judges for itself, whatever a former supervisor still says.
        if (_nodes.Length < 2 || !IsNewest(verdicts))
        {
            return;
        }

        _services.Heard.Show(verdicts, Context.Time.GetUtcNow());
        foreach (MemberVerdict verdict in verdicts.Members)
        {
            Opinion? own = verdict.Evidence.FirstOrDefault(one => one.Node == Self);
            Judgement judgement = verdict.IsBypassedBy(Self)
                ? new Judgement(false, $"not reached from this node alone: {own!.Reason}", verdicts.FreshFor)
                : new Judgement(verdict.Up, verdict.Reason, verdicts.FreshFor);
            _services.Targets.Judge(verdicts.Pool, verdict.Member, judgement);
        }
    }

    /// <summary>The engine's word on who supervises counts most; a token that it does not know yet must be higher than
    /// all before.</summary>
    private bool IsNewest(HealthMessage.Verdicts verdicts)
    {
        (long token, long number) = _heard.GetValueOrDefault(verdicts.Pool);
        long owner = _services.Owners.TokenOf(HealthPlan.SingletonOf(verdicts.Pool)).Value;
        bool isOwners = owner == verdicts.Token;
        bool isHigher = verdicts.Token > Math.Max(owner, token);
        bool isNext = verdicts.Token == token && verdicts.Number > number && verdicts.Token >= owner;
        if (!isNext && !isHigher && !(isOwners && verdicts.Token != token))
        {
            return false;
        }

        _heard[verdicts.Pool] = (verdicts.Token, verdicts.Number);
        return true;
    }
}
