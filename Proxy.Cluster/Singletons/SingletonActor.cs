using System.Collections.Immutable;
using System.Globalization;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Membership;

namespace Proxy.Cluster.Singletons;

/// <summary>What shall run once in the cluster.</summary>
/// <param name="Place">Its name and which nodes may have it.</param>
/// <param name="Spawn">Starts it as a child of the given context under the given name. It is stopped like any actor
/// when the term is over; it must ask its term before every effect.</param>
internal sealed record Singleton(
    SingletonPlace Place, Func<IActorContext<SingletonMessage>, string, SingletonTerm, IRef> Spawn);

/// <summary>Mail of a <see cref="SingletonActor"/>.</summary>
internal abstract record SingletonMessage
{
    private SingletonMessage()
    {
    }

    /// <summary>All singletons of this node; those that are missing are given up.</summary>
    internal sealed record Configure(ImmutableArray<Singleton> Singletons) : SingletonMessage;

    internal sealed record Input(SingletonInput What) : SingletonMessage;

    internal sealed record CommitEnded(string Name, Result<EngineResult<CommitOutcome>> Result) : SingletonMessage;

    internal sealed record FeedEnded : SingletonMessage;

    internal sealed record FeedTimer : SingletonMessage;
}

/// <param name="Held">Gets how many singletons the node holds whenever that changes.</param>
/// <param name="Report">Gets what is worth a line in the log: which singleton started or stopped here, and why.</param>
internal sealed record SingletonServices(
    IClusterEngine Engine, MembershipBoard Board, SingletonBoard Owners, Action<int> Held, Action<string> Report);

/// <summary>Runs a node's <see cref="SingletonMachine"/>: parent of the singletons that run here.</summary>
#pragma warning disable CA1001 // PostStop disposes: it is the end of every incarnation.
internal sealed class SingletonActor : Actor<SingletonMessage>
#pragma warning restore CA1001
{
    private static readonly TimeSpan FeedRetry = TimeSpan.FromSeconds(1);

    private static readonly SingletonMessage.FeedTimer FeedTick = new();
    private static readonly SingletonMessage.Input MachineTick = new(new SingletonInput.Timer());

    private readonly SingletonServices _services;
    private readonly ClusterKeys _keys;
    private readonly SingletonMachine _machine;
    private readonly CancellationTokenSource _life = new();
    private readonly Dictionary<string, IRef> _running = new(StringComparer.Ordinal);
    private ImmutableArray<Singleton> _singletons = [];
    private IDisposable? _subscription;
    private int _held;
    private long _spawned;

    private SingletonActor(IActorContext<SingletonMessage> context, SingletonServices services)
        : base(context)
    {
        _services = services;
        _keys = new ClusterKeys(services.Board.View.Cluster);
        _machine = new SingletonMachine(_keys);
    }

    private TimeSpan Now => Context.Time.GetElapsedTime(0);

    public static Props<SingletonMessage> Props(SingletonServices services) =>
        new(context => new SingletonActor(context, services))
        {
            Mailbox = new MailboxOptions(MailboxOptions.Unlimited),
        };

    protected override void PreStart()
    {
        IRef<SingletonMessage> self = Context.Self;
        _subscription = _services.Board.Subscribe(change => self.Tell(
            new SingletonMessage.Input(new SingletonInput.Membership(change.View, change.Session))));
        StartFeed();
    }

    protected override void Receive(SingletonMessage message)
    {
        switch (message)
        {
            case SingletonMessage.Configure configure:
                _singletons = configure.Singletons;
                Handle(new SingletonInput.Configured([.. _singletons.Select(static one => one.Place)]));
                break;
            case SingletonMessage.Input input:
                Handle(input.What);
                break;
            case SingletonMessage.CommitEnded ended:
                EngineResult<CommitOutcome> result = ended.Result.TryGetValue(out EngineResult<CommitOutcome> outcome)
                    ? outcome
                    : EngineFault.Unavailable(ended.Result.Error!.Message); // not null: it is one or the other
                Handle(new SingletonInput.Committed(ended.Name, result));
                break;
            case SingletonMessage.FeedEnded:
                // A bug of a provider or an engine that was closed; not again at once.
                Context.StartTimer(nameof(FeedTick), FeedTick, FeedRetry);
                break;
            case SingletonMessage.FeedTimer:
                StartFeed();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "unknown message");
        }
    }

    protected override void OnTerminated(Terminated terminated)
    {
        foreach ((string name, IRef actor) in _running)
        {
            if (actor == terminated.Ref)
            {
                _running.Remove(name);
                Handle(new SingletonInput.Stopped(name));
                return;
            }
        }
    }

    protected override void PostStop()
    {
        _subscription?.Dispose();
        _life.Cancel();
        _life.Dispose();
    }

    private void StartFeed()
    {
        IRef<SingletonMessage> self = Context.Self;
        Context.PipeToSelf(
            EngineFeed.RunAsync(
                _services.Engine,
                _keys.Ownership,
                Context.Time,
                signal => self.Tell(new SingletonMessage.Input(new SingletonInput.Feed(signal))),
                _life.Token),
            static _ => new SingletonMessage.FeedEnded());
    }

    private void Handle(SingletonInput input)
    {
        SingletonEffects effects = _machine.Handle(input, Now);
        foreach (SingletonEffect effect in effects.Effects)
        {
            Perform(effect);
        }

        if (effects.Wake is { } wake)
        {
            TimeSpan wait = wake - Now;
            Context.StartTimer(nameof(MachineTick), MachineTick, wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
        }

        if (effects.Held != _held)
        {
            _held = effects.Held;
            _services.Held(_held);
        }

        _services.Owners.Show(_machine.Owners.Owners);
    }

    private void Perform(SingletonEffect effect)
    {
        switch (effect)
        {
            case SingletonEffect.Start start:
                Start(start.Term);
                break;
            case SingletonEffect.Stop stop:
                _services.Report($"singleton {stop.Name} stops here: {stop.Reason}");
                Context.Stop(_running[stop.Name]);
                break;
            case SingletonEffect.Commit commit:
                string name = commit.Name;
                Context.PipeToSelf(
                    _services.Engine.CommitAsync(commit.Transaction, _life.Token),
                    result => new SingletonMessage.CommitEnded(name, result));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect, "unknown effect");
        }
    }

    private void Start(SingletonTerm term)
    {
        Singleton singleton = _singletons.First(one => one.Place.Name == term.Name);
        string child = string.Create(
            CultureInfo.InvariantCulture, $"{term.Name.Replace('/', '_')}-{++_spawned}");
        IRef actor = singleton.Spawn(Context, child, term);
        _running[term.Name] = actor;
        Context.Watch(actor);
        _services.Report($"singleton {term.Name} runs here, token {term.Token}");
    }
}
