using System.Collections.Concurrent;

namespace Proxy.Actors.Runtime;

/// <summary>
/// The thread-safe shell of an actor: queues and the right to a turn. At most one turn is queued or running; what
/// happens in it is <see cref="ActorLife{TMsg}"/>.
/// </summary>
internal sealed class ActorCell<TMsg> : ICell, IRef<TMsg>, IRunnable
{
    private const int Idle = 0;
    private const int Scheduled = 1;

    private readonly ActorSystem _system;
    private readonly IDispatcher _dispatcher;
    private readonly MailboxOptions _options;
    private readonly ConcurrentQueue<Signal> _signals = new();
    private readonly Mailbox<TMsg> _mailbox;
    private readonly ActorLife<TMsg> _life;
    private EventLimiter? _overflowReports;
    private int _turn = Idle;
    private int _overflowSignalled;

    public ActorCell(ActorSystem system, ICell parent, Props<TMsg> props, string path)
    {
        _system = system;
        Path = path;
        _options = props.Mailbox;
        _mailbox = new Mailbox<TMsg>(props.Mailbox, Evicted);
        _dispatcher = props.Dispatcher == DispatcherKey.DedicatedThread
            ? system.Dispatcher.Dedicated(path)
            : system.Dispatcher;
        _life = new ActorLife<TMsg>(this, parent, props, _mailbox, system, _dispatcher);
    }

    public string Path { get; }

    public TellResult Tell(TMsg message)
    {
        var result = _mailbox.Write(message);
        switch (result)
        {
            case TellResult.Accepted:
                EnsureTurn();
                break;
            case TellResult.Dead:
                _system.DeadLetters.Publish(Path, message);
                break;
            case TellResult.Dropped:
                Overflowed();
                break;
        }

        return result;
    }

    public void Post(Signal signal)
    {
        _signals.Enqueue(signal);
        EnsureTurn();
    }

    public ValueTask<TReply> Ask<TReply, TState>(
        Func<ReplyTo<TReply>, TState, TMsg> make,
        TState state,
        TimeSpan? timeout,
        CancellationToken cancellation = default)
    {
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<TReply>(cancellation);
        }

        var slot = _system.Asks.Of<TReply>().Rent();
        var generation = slot.Open(timeout);
        var task = slot.Task;
        slot.CancelWith(cancellation);
        var told = Tell(make(new ReplyTo<TReply>(slot, generation), state));
        if (told != TellResult.Accepted)
        {
            slot.TryComplete(generation, new Result<TReply>(Undelivered(told)));
        }

        return task;
    }

    public TellResult TryAsk<TReply, TState>(
        Func<ReplyTo<TReply>, TState, TMsg> make,
        TState state,
        TimeSpan? timeout,
        IAskCompletion<TReply> completion,
        long cookie,
        out PendingAsk<TReply> pending)
    {
        var slot = _system.Asks.Of<TReply>().Rent();
        var generation = slot.Open(timeout, completion, cookie);
        pending = new PendingAsk<TReply>(slot, generation);
        var told = Tell(make(new ReplyTo<TReply>(slot, generation), state));

        // A time-out may have been faster than the refusal; then the completion has been called, as after an
        // acceptance.
        return told == TellResult.Accepted || slot.TryAbandon(generation) ? told : TellResult.Accepted;
    }

    void IThreadPoolWorkItem.Execute()
    {
        for (var left = _dispatcher.MessagesPerTurn; left > 0; left--)
        {
            if (_signals.TryDequeue(out var signal))
            {
                if (signal is OverflowSignal)
                {
                    Volatile.Write(ref _overflowSignalled, 0);
                }

                _life.Handle(signal);
            }
            else if (!_life.TryReceiveNext())
            {
                break;
            }
        }

        var receives = _life.Receives;
        var replays = receives && _life.HasReplay;

        // Giving up the turn and looking for work must not change places, or a message written in between is seen by
        // nobody: the writer still saw a turn, this thread saw an empty queue. EnsureTurn has the matching barrier.
        Volatile.Write(ref _turn, Idle);
        Interlocked.MemoryBarrier();
        if (replays || !_signals.IsEmpty || (receives && !_mailbox.IsEmpty))
        {
            EnsureTurn();
        }
    }

    private void EnsureTurn()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _turn) == Idle && Interlocked.CompareExchange(ref _turn, Scheduled, Idle) == Idle)
        {
            _dispatcher.Schedule(this);
        }
    }

    private void Evicted(TMsg message)
    {
        Overflowed();
        Undeliverable.Tell(message, Undelivered(TellResult.Dropped));
    }

    private void Overflowed()
    {
        if (_options.Overflow == MailboxOverflow.Fail && Interlocked.Exchange(ref _overflowSignalled, 1) == 0)
        {
            Post(new OverflowSignal());
        }

        var reports = LazyInitializer.EnsureInitialized(
            ref _overflowReports,
            () => new EventLimiter(_dispatcher.Time, perSecond: 1));
        if (reports.TryPass(out var suppressed))
        {
            _system.Events.Report(
                static (events, it) => events.MailboxOverflowed(it.Path, it.Overflow, it.Lost),
                (Path, _options.Overflow, Lost: suppressed + 1));
        }
    }

    private UndeliveredException Undelivered(TellResult told)
    {
        var reason = told == TellResult.Dead ? "the actor has stopped" : "the mailbox is full";
        return new UndeliveredException(Path, reason);
    }
}
