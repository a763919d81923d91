namespace Proxy.Actors.Runtime;

/// <summary>
/// One life of an actor, from its factory to PostStop, with everything that must not outlive it: timers, watches,
/// children, piped work, behaviour. Used in the actor's turn only.
/// </summary>
internal sealed class Incarnation<TMsg> : IActorContext<TMsg>
{
    private readonly ActorCell<TMsg> _cell;
    private readonly ActorSystem _system;
    private readonly Stash<TMsg> _stash;
    private readonly ActorTimers<TMsg> _timers;
    private readonly HashSet<ICell> _watched = [];
    private Actor<TMsg>? _actor;
    private Action<TMsg>? _behavior;
    private bool _closed;

    public Incarnation(ActorCell<TMsg> cell, ActorSystem system, IDispatcher dispatcher, Stash<TMsg> stash)
    {
        _cell = cell;
        _system = system;
        _stash = stash;
        Time = dispatcher.Time;
        Random = dispatcher.Random;
        _timers = new ActorTimers<TMsg>(this, Time);
    }

    public IRef<TMsg> Self => _cell;

    public TimeProvider Time { get; }

    public IRandom Random { get; }

    public Children Children { get; } = new();

    /// <summary>False when the factory threw: then there is nobody to resume and nobody to run PostStop.</summary>
    public bool HasActor => _actor is not null;

    public bool StopRequested { get; private set; }

    public void Begin(Props<TMsg> props)
    {
        _actor = props.Factory(this);
        _actor.PreStart();
    }

    public void Receive(TMsg message)
    {
        if (_behavior is { } behavior)
        {
            behavior(message);
        }
        else
        {
            _actor!.Receive(message);
        }
    }

    public void Receive(in Terminated terminated)
    {
        // Absent: unwatched while the notice was on its way.
        if (_watched.Remove((ICell)terminated.Ref))
        {
            _actor!.OnTerminated(terminated);
        }
    }

    /// <summary>
    /// Nothing new can start, and what was started is called off. Children need time; PostStop comes after them.
    /// </summary>
    public void Close()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        _timers.CancelAll();
        foreach (var watched in _watched)
        {
            watched.Post(new WatchSignal(_cell, on: false));
        }

        _watched.Clear();
        Children.StopAll(TerminationReason.ParentGone);
    }

    public void End() => _actor?.PostStop();

    public void Post(Signal signal) => _cell.Post(signal);

    public IRef<TChild> Spawn<TChild>(Props<TChild> props, string name)
    {
        ThrowIfClosed();
        var path = Children.PathOf(_cell.Path, name);
        Children.EnsureFree(path);
        var child = new ActorCell<TChild>(_system, _cell, props, path);
        Children.Add(child);
        child.Post(new StartSignal());
        return child;
    }

    public void Stop(IRef child)
    {
        if (Children.Contains(child))
        {
            ((ICell)child).Post(new StopSignal(TerminationReason.Stopped));
        }
        else if (!child.Path.StartsWith(_cell.Path + "/", StringComparison.Ordinal))
        {
            throw new ArgumentException($"{child.Path} is no child of {_cell.Path}.", nameof(child));
        }
    }

    public void StopSelf() => StopRequested = true;

    public void Watch(IRef other)
    {
        ThrowIfClosed();
        if (other is not ICell cell || ReferenceEquals(cell, _cell))
        {
            throw new ArgumentException($"{_cell.Path} cannot watch {other.Path}.", nameof(other));
        }

        if (_watched.Add(cell))
        {
            cell.Post(new WatchSignal(_cell, on: true));
        }
    }

    public void Unwatch(IRef other)
    {
        if (other is ICell cell && _watched.Remove(cell))
        {
            cell.Post(new WatchSignal(_cell, on: false));
        }
    }

    public ITimerHandle StartTimer(object key, TMsg message, TimeSpan due, TimeSpan? period = null)
    {
        ThrowIfClosed();
        return _timers.Start(key, message, due, period);
    }

    public void CancelTimer(object key) => _timers.Cancel(key);

    public void PipeToSelf<T>(ValueTask<T> work, Func<Result<T>, TMsg> map)
    {
        ThrowIfClosed();
        new PipedWork<TMsg, T>(this, work, map).Begin();
    }

    public void Become(Action<TMsg> behavior) => _behavior = behavior;

    public bool Stash(TMsg message)
    {
        ThrowIfClosed();
        return _stash.TryHold(message);
    }

    public void UnstashAll() => _stash.Release();

    private void ThrowIfClosed()
    {
        if (_closed)
        {
            throw new InvalidOperationException($"This incarnation of {_cell.Path} has ended.");
        }
    }
}
