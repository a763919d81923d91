using Proxy.Actors.Runtime;
using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <param name="Remember">Gets the cluster's id when it is first known, to keep it over restarts.</param>
internal sealed record MembershipServices(
    IClusterEngine Engine, MembershipSettings Settings, MembershipBoard Board, Action<string> Remember)
{
    /// <summary>With etcd's half second of sweeping a dead node's singletons run elsewhere within 5 s, and a change of
    /// etcd's leader (1.7 s, measured; 2.1 s with a member cut off) stops nobody: 0.8 of it less one
    /// keep-alive.</summary>
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromSeconds(4);
}

/// <summary>Runs a node's <see cref="SessionMachine"/> and <see cref="MembershipMachine"/> on the engine and shows the
/// result on the board.</summary>
#pragma warning disable CA1001 // PostStop disposes: it is the end of every incarnation.
internal sealed class MembershipActor : Actor<MembershipMessage>
#pragma warning restore CA1001
{
    private static readonly MembershipMessage.SessionTimer SessionTick = new();
    private static readonly TimeSpan FeedRetry = TimeSpan.FromSeconds(1);

    private static readonly MembershipMessage.FeedTimer FeedTick = new();
    private static readonly MembershipMessage.Input MachineTick = new(new MembershipInput.Timer());

    private readonly MembershipServices _services;
    private readonly SessionMachine _session;
    private readonly MembershipMachine _machine;
    private readonly CancellationTokenSource _life = new();
    private readonly Dictionary<long, ReplyTo<OrderResult>> _replies = [];
    private long _lastTicket;

    private MembershipActor(IActorContext<MembershipMessage> context, MembershipServices services)
        : base(context)
    {
        _services = services;
        _session = new SessionMachine(services.LeaseTime);
        _machine = new MembershipMachine(services.Settings, services.Board.View.Self, NextIncarnation);
    }

    private NodeTime Now => new(Context.Time.GetElapsedTime(0), Context.Time.GetUtcNow());

    /// <summary>What the engine says must arrive, in order; it is little.</summary>
    public static Props<MembershipMessage> Props(MembershipServices services) =>
        new(context => new MembershipActor(context, services))
        {
            Mailbox = new MailboxOptions(MailboxOptions.Unlimited),
        };

    /// <summary>Larger after every start, unless the clock was set back by more than the time between; and never the
    /// same, because of the random bits.</summary>
    public static long NewIncarnation(DateTimeOffset wall, IRandom random) =>
        (wall.ToUnixTimeMilliseconds() << 20) | (long)random.Next(1 << 20);

    protected override void PreStart()
    {
        StartFeed();
        Perform(_session.Handle(new SessionInput.Open(), Now.Elapsed));
    }

    protected override void Receive(MembershipMessage message)
    {
        switch (message)
        {
            case MembershipMessage.Input input:
                Handle(input.What);
                break;
            case MembershipMessage.Order order:
                _replies[++_lastTicket] = order.Reply;
                Handle(new MembershipInput.Order(_lastTicket, order.What));
                break;
            case MembershipMessage.CommitEnded ended:
                Handle(new MembershipInput.Committed(OutcomeOf(ended.Result)));
                break;
            case MembershipMessage.SessionAnswered answer:
                HandleSession(new SessionInput.Answered(OutcomeOf(answer.Result), answer.AskedAt));
                break;
            case MembershipMessage.SessionTimer:
                HandleSession(new SessionInput.Timer());
                break;
            case MembershipMessage.FeedEnded:
                // A bug of a provider or an engine that was closed; not again at once.
                Context.StartTimer(nameof(FeedTick), FeedTick, FeedRetry);
                break;
            case MembershipMessage.FeedTimer:
                StartFeed();
                break;
            case MembershipMessage.Revoked:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "unknown message");
        }
    }

    protected override void PostStop()
    {
        _life.Cancel();
        _life.Dispose();
        foreach (ReplyTo<OrderResult> reply in _replies.Values)
        {
            reply.Fail(new InvalidOperationException("the membership has ended"));
        }
    }

    /// <summary>Providers answer with values; an exception is a bug of theirs and must not end the
    /// membership.</summary>
    private static EngineResult<T> OutcomeOf<T>(Result<EngineResult<T>> result) =>
        result.TryGetValue(out EngineResult<T> outcome)
            ? outcome
            : EngineFault.Unavailable(result.Error!.Message); // not null: it is one or the other

    private long NextIncarnation() => Math.Max(
        NewIncarnation(Context.Time.GetUtcNow(), Context.Random), _services.Board.View.Self.Incarnation + 1);

    private void StartFeed()
    {
        IRef<MembershipMessage> self = Context.Self;
        Context.PipeToSelf(
            EngineFeed.RunAsync(
                _services.Engine,
                new ClusterKeys(_services.Settings.Cluster).Membership,
                Context.Time,
                signal => self.Tell(new MembershipMessage.Input(new MembershipInput.Feed(signal))),
                _life.Token),
            static result => new MembershipMessage.FeedEnded(result.Error));
    }

    private void HandleSession(SessionInput input)
    {
        Session before = _session.Session;
        Perform(_session.Handle(input, Now.Elapsed));
        Session session = _session.Session;
        if (session == before)
        {
            return;
        }

        _services.Board.Show(_services.Board.Latest with { Session = session, Events = [] });
        if (session.Lease != before.Lease)
        {
            Handle(new MembershipInput.SessionChanged(session));
        }
    }

    private void Perform(SessionEffects effects)
    {
        TimeSpan askedAt = Now.Elapsed;
        switch (effects.Ask)
        {
            case SessionCall.Grant:
                Context.PipeToSelf(
                    _services.Engine.GrantAsync(_session.TimeToLive, _life.Token),
                    result => new MembershipMessage.SessionAnswered(result, askedAt));
                break;
            case SessionCall.KeepAlive:
                Context.PipeToSelf(
                    _services.Engine.KeepAliveAsync(effects.Lease, _life.Token),
                    result => new MembershipMessage.SessionAnswered(result, askedAt));
                break;
            case SessionCall.Revoke:
                Context.PipeToSelf(
                    _services.Engine.RevokeAsync(effects.Lease, _life.Token),
                    static _ => new MembershipMessage.Revoked());
                break;
            case SessionCall.None:
            default:
                break;
        }

        if (effects.Wake is { } wake)
        {
            Context.StartTimer(nameof(SessionTick), SessionTick, Until(wake));
        }
        else
        {
            Context.CancelTimer(nameof(SessionTick));
        }
    }

    private void Handle(MembershipInput input)
    {
        MembershipEffects effects = _machine.Handle(input, Now);
        if (effects.View is { } view)
        {
            if (view.ClusterId.Length > 0 && view.ClusterId != _services.Board.View.ClusterId)
            {
                _services.Remember(view.ClusterId);
            }

            _services.Board.Show(new MembershipChange(view, _session.Session, effects.Events));
        }

        foreach (OrderResult answer in effects.Answers)
        {
            if (_replies.Remove(answer.Ticket, out ReplyTo<OrderResult> reply))
            {
                reply.Reply(answer);
            }
        }

        if (effects.Commit is { } commit)
        {
            Context.PipeToSelf(
                _services.Engine.CommitAsync(commit, _life.Token),
                static result => new MembershipMessage.CommitEnded(result));
        }

        if (effects.Session is { } open)
        {
            HandleSession(open ? new SessionInput.Open() : new SessionInput.Close());
        }

        if (effects.Wake is { } wake)
        {
            Context.StartTimer(nameof(MachineTick), MachineTick, Until(wake));
        }
    }

    private TimeSpan Until(TimeSpan at)
    {
        TimeSpan wait = at - Now.Elapsed;
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }
}
