namespace Proxy.Actors.Runtime;

/// <summary>
/// Life cycle and supervision of one actor. Everything here runs in the actor's turn, so it needs no locks.
/// Supervision was chosen by the parent at spawn; only an escalation asks it again.
/// </summary>
internal sealed class ActorLife<TMsg>
{
    private enum Stage
    {
        Created,
        Running,
        Suspended, // escalated, waiting for what the parent does
        Restarting, // waiting for children to end
        BackingOff,
        Stopping, // waiting for children to end
        Dead,
    }

    private readonly ActorCell<TMsg> _cell;
    private readonly ICell _parent;
    private readonly Props<TMsg> _props;
    private readonly Mailbox<TMsg> _mailbox;
    private readonly ActorSystem _system;
    private readonly IDispatcher _dispatcher;
    private readonly Stash<TMsg> _stash;
    private readonly RestartBudget _restarts;
    private readonly PendingRestart _pendingRestart;
    private readonly Watchers _watchers;
    private readonly List<ICell> _escalatedChildren = [];
    private readonly List<Signal> _deferred = [];
    private Stage _stage = Stage.Created;
    private Incarnation<TMsg>? _current;
    private TerminationReason _reason;

    public ActorLife(
        ActorCell<TMsg> cell,
        ICell parent,
        Props<TMsg> props,
        Mailbox<TMsg> mailbox,
        ActorSystem system,
        IDispatcher dispatcher)
    {
        _cell = cell;
        _parent = parent;
        _props = props;
        _mailbox = mailbox;
        _system = system;
        _dispatcher = dispatcher;
        _stash = new Stash<TMsg>(props.Mailbox.StashCapacity);
        _watchers = new Watchers(cell);
        _pendingRestart = new PendingRestart(cell, dispatcher.Time);
        _restarts = new RestartBudget(props.Supervision.Backoff, dispatcher.Time, dispatcher.Random);
    }

    /// <summary>Whether user messages are handled at present; otherwise they wait in the mailbox.</summary>
    public bool Receives => _stage == Stage.Running;

    public bool HasReplay => _stash.HasReplay;

    public bool TryReceiveNext()
    {
        if (!Receives || !(_stash.TryTake(out var message) || _mailbox.TryRead(out message)))
        {
            return false;
        }

        Receive(message);
        return true;
    }

    public void Handle(Signal signal)
    {
        switch (signal)
        {
            case StartSignal when _stage == Stage.Created:
                Start();
                break;
            case RestartSignal restart when _pendingRestart.TryEnd(restart):
                _system.Events.Report(static (events, path) => events.Restarted(path), _cell.Path);
                Start();
                break;
            case StopSignal stop:
                BeginStop(stop.Reason);
                break;
            case WatchSignal watch:
                _watchers.Handle(watch);
                break;
            case ChildGoneSignal gone:
                ChildGone(gone.Child);
                break;
            case EscalatedSignal escalated:
                ChildEscalated(escalated);
                break;
            case ResumeSignal when _stage == Stage.Suspended:
                Resume();
                break;
            case OverflowSignal when _stage == Stage.Running:
                Fail(new MailboxOverflowException(_cell.Path, _props.Mailbox.Capacity));
                break;
            case TerminatedSignal or OwnedSignal<TMsg>:
                HandleForIncarnation(signal);
                break;
        }
    }

    private void HandleForIncarnation(Signal signal)
    {
        if (_stage == Stage.Suspended)
        {
            _deferred.Add(signal);
        }

        if (_stage != Stage.Running)
        {
            return;
        }

        try
        {
            switch (signal)
            {
                case TerminatedSignal gone:
                    _current!.Receive(gone.Terminated);
                    break;
                case OwnedSignal<TMsg> owned when owned.Owner == _current && owned.TryTake(out var message):
                    Receive(message);
                    return;
                default:
                    return;
            }
        }
        catch (Exception error)
        {
            Fail(error);
            return;
        }

        StopIfAsked();
    }

    private void Receive(TMsg message)
    {
        try
        {
            _current!.Receive(message);
        }
        catch (Exception error)
        {
            Undeliverable.Tell(message, error);
            Fail(error);
            return;
        }

        StopIfAsked();
    }

    private void Start()
    {
        _current = new Incarnation<TMsg>(_cell, _system, _dispatcher, _stash);
        _stage = Stage.Running;
        _restarts.BeginHealthyTime();
        try
        {
            _current.Begin(_props);
        }
        catch (Exception error)
        {
            Fail(error);
            return;
        }

        StopIfAsked();
    }

    private void StopIfAsked()
    {
        if (_stage == Stage.Running && _current!.StopRequested)
        {
            BeginStop(TerminationReason.Stopped);
        }
    }

    private void Fail(Exception error)
    {
        var directive = Decide(error);
        _system.Events.Report(
            static (events, it) => events.Failed(it.Path, it.error, it.directive),
            (_cell.Path, error, directive));
        switch (directive)
        {
            case Directive.Resume:
                Resume();
                break;
            case Directive.Restart:
                BeginRestart();
                break;
            case Directive.Escalate:
                _stage = Stage.Suspended;
                _parent.Post(new EscalatedSignal(_cell, error));
                break;
            default:
                BeginStop(TerminationReason.Failed);
                break;
        }
    }

    private Directive Decide(Exception error)
    {
        if (_current!.StopRequested)
        {
            return Directive.Stop;
        }

        try
        {
            var directive = _props.Supervision.Decider(error);
            return directive == Directive.Resume && !_current.HasActor ? Directive.Restart : directive;
        }
        catch (Exception)
        {
            return Directive.Stop; // a decider that throws knows nothing about this failure
        }
    }

    private void Resume()
    {
        _stage = Stage.Running;
        _restarts.BeginHealthyTime();
        foreach (var child in _escalatedChildren)
        {
            child.Post(new ResumeSignal());
        }

        _escalatedChildren.Clear();

        // Back through the queue rather than handled here: one of them may fail again.
        foreach (var signal in _deferred)
        {
            _cell.Post(signal);
        }

        _deferred.Clear();
    }

    private void BeginRestart()
    {
        _stage = Stage.Restarting;
        CloseCurrent();
        EndIfChildless();
    }

    private void BeginStop(TerminationReason reason)
    {
        if (_stage is Stage.Stopping or Stage.Dead)
        {
            return;
        }

        _stage = Stage.Stopping;
        _reason = reason;
        _pendingRestart.CallOff();
        CloseCurrent();
        EndIfChildless();
    }

    private void CloseCurrent()
    {
        _escalatedChildren.Clear();
        _deferred.Clear();
        _current?.Close();
    }

    private void EndIfChildless()
    {
        if (_current is { Children.Count: > 0 })
        {
            return;
        }

        if (_stage == Stage.Restarting)
        {
            EndCurrent();
            BackOff();
        }
        else if (_stage == Stage.Stopping)
        {
            EndCurrent();
            Die();
        }
    }

    private void EndCurrent()
    {
        try
        {
            _current?.End();
        }
        catch (Exception error)
        {
            _system.Events.Report(
                static (events, it) => events.Failed(it.Path, it.error, Directive.Stop),
                (_cell.Path, error));
        }

        _current = null;
    }

    private void BackOff()
    {
        if (!_restarts.TryTake(out var delay))
        {
            _stage = Stage.Stopping;
            _reason = TerminationReason.RestartsExhausted;
            Die();
            return;
        }

        _stage = Stage.BackingOff;
        _stash.Release();
        _pendingRestart.Begin(delay);
        _system.Events.Report(
            static (events, it) => events.Restarting(it.Path, it.InARow, it.delay),
            (_cell.Path, _restarts.InARow, delay));
    }

    private void Die()
    {
        _stage = Stage.Dead;
        _mailbox.Close();
        _stash.Release();
        while (_stash.TryTake(out var message) || _mailbox.TryRead(out message))
        {
            _system.DeadLetters.Publish(_cell.Path, message);
            Undeliverable.Tell(message, new UndeliveredException(_cell.Path, "the actor has stopped"));
        }

        // The parent first: a parent that also watches finds the name free when it hears of the end.
        _parent.Post(new ChildGoneSignal(_cell));
        _watchers.Notify(_reason);
        _system.Events.Report(static (events, it) => events.Stopped(it.Path, it._reason), (_cell.Path, _reason));
        if (_dispatcher != _system.Dispatcher)
        {
            (_dispatcher as IDisposable)?.Dispose();
        }
    }

    private void ChildGone(ICell child)
    {
        _escalatedChildren.Remove(child);
        _current?.Children.Remove(child);
        EndIfChildless();
    }

    private void ChildEscalated(EscalatedSignal escalated)
    {
        if (_current is null || !_current.Children.Contains(escalated.Child))
        {
            return;
        }

        if (_stage is Stage.Running or Stage.Suspended)
        {
            _escalatedChildren.Add(escalated.Child);
        }

        if (_stage == Stage.Running)
        {
            Fail(escalated.Error);
        }
    }
}
