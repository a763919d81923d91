using System.Collections.Immutable;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Singletons;

namespace Proxy.Cluster.Health;

/// <summary>Mail of a <see cref="SupervisorActor"/>.</summary>
internal abstract record SupervisorMessage
{
    private SupervisorMessage()
    {
    }

    internal sealed record Planned(HealthPlan Plan) : SupervisorMessage;

    /// <param name="Names">Of the nodes that are up.</param>
    internal sealed record Nodes(ImmutableArray<string> Names) : SupervisorMessage;

    internal sealed record Reported(string Node, HealthMessage.Report Report) : SupervisorMessage;

    internal sealed record Timer : SupervisorMessage;
}

/// <summary>The health supervisor of one pool: a singleton of the cluster, here as long as its term lasts.</summary>
internal sealed class SupervisorActor : Actor<SupervisorMessage>
{
    private static readonly SupervisorMessage.Timer Tick = new();

    private readonly string _pool;
    private readonly SingletonTerm _term;
    private readonly IRef<HealthCommand> _desk;
    private readonly SupervisorMachine _machine;

    public SupervisorActor(
        IActorContext<SupervisorMessage> context, HealthPlan plan, SingletonTerm term, IRef<HealthCommand> desk)
        : base(context)
    {
        (_pool, _term, _desk) = (plan.Pool, term, desk);
        _machine = new SupervisorMachine(plan, term.Token.Value, context.Random.NextDouble);
    }

    private TimeSpan Now => Context.Time.GetElapsedTime(0);

    protected override void PreStart() => _desk.Tell(new HealthCommand.Supervise(_pool, Context.Self));

    protected override void Receive(SupervisorMessage message)
    {
        SupervisorEffects effects = message switch
        {
            SupervisorMessage.Planned planned => _machine.Configure(planned.Plan, Now),
            SupervisorMessage.Nodes nodes => _machine.Observe(nodes.Names, Now),
            SupervisorMessage.Reported reported => _machine.Report(reported.Node, reported.Report, Now),
            SupervisorMessage.Timer => _machine.Tick(Now),
            _ => throw new ArgumentOutOfRangeException(nameof(message), message, "unknown message"),
        };
        if (!_term.IsValid(Now))
        {
            return; // Fenced: another node may be the supervisor already. The stop is on its way.
        }

        foreach (ProbeAsk ask in effects.Asks)
        {
            _desk.Tell(new HealthCommand.Ask(
                ask.Node, new HealthMessage.Order(_pool, ask.Member, _term.Token.Value, ask.Round)));
        }

        if (effects.Verdicts is { } verdicts)
        {
            _desk.Tell(new HealthCommand.Publish(verdicts));
        }

        if (effects.Wake is { } wake && wake < TimeSpan.MaxValue)
        {
            TimeSpan wait = wake - Now;
            Context.StartTimer(nameof(Tick), Tick, wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
        }
    }

    protected override void PostStop() => _desk.Tell(new HealthCommand.Unsupervise(_pool, Context.Self));
}
