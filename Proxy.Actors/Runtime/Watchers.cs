namespace Proxy.Actors.Runtime;

/// <summary>Who hears of the end of one actor. Goes on answering after the end. Used in the actor's turn
/// only.</summary>
internal sealed class Watchers(IRef subject)
{
    private readonly HashSet<ICell> _watchers = [];
    private Terminated? _end;

    public void Handle(WatchSignal watch)
    {
        if (!watch.On)
        {
            _watchers.Remove(watch.Watcher);
        }
        else if (_end is { } end)
        {
            watch.Watcher.Post(new TerminatedSignal(end));
        }
        else
        {
            _watchers.Add(watch.Watcher);
        }
    }

    public void Notify(TerminationReason reason)
    {
        var end = new Terminated(subject, reason);
        _end = end;
        foreach (var watcher in _watchers)
        {
            watcher.Post(new TerminatedSignal(end));
        }

        _watchers.Clear();
    }
}
