namespace Proxy.Actors.Runtime;

/// <summary>Parent of the top-level actors. Not an actor: spawning here works from any thread and at once.</summary>
internal sealed class Guardian : ICell
{
    private readonly Lock _gate = new();
    private readonly Children _children = new();

    // Continued inline (and therefore outside of the lock): a simulation must not hop threads.
    private readonly TaskCompletionSource _ended = new();
    private bool _closed;

    public string Path => "/user";

    public IRef<TMsg> Spawn<TMsg>(ActorSystem system, Props<TMsg> props, string name)
    {
        var path = Children.PathOf(Path, name);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, system);
            _children.EnsureFree(path);
            var child = new ActorCell<TMsg>(system, this, props, path);
            _children.Add(child);
            child.Post(new StartSignal());
            return child;
        }
    }

    public void Stop(IRef child)
    {
        lock (_gate)
        {
            if (_children.Contains(child))
            {
                ((ICell)child).Post(new StopSignal(TerminationReason.Stopped));
            }
        }
    }

    /// <summary>Stops everything; the task ends when nobody is left. May be called again.</summary>
    public Task Terminate()
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _closed = true;
                _children.StopAll(TerminationReason.Stopped);
            }
        }

        EndIfEmpty();
        return _ended.Task;
    }

    public void Post(Signal signal)
    {
        switch (signal)
        {
            case ChildGoneSignal gone:
                lock (_gate)
                {
                    _children.Remove(gone.Child);
                }

                EndIfEmpty();
                break;
            case EscalatedSignal escalated:
                escalated.Child.Post(new StopSignal(TerminationReason.Failed));
                break;
        }
    }

    private void EndIfEmpty()
    {
        bool ended;
        lock (_gate)
        {
            ended = _closed && _children.Count == 0;
        }

        if (ended)
        {
            _ended.TrySetResult();
        }
    }
}
