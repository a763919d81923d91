namespace Proxy.Actors.Runtime;

/// <summary>A message whose receiver had stopped before it could be handled.</summary>
public readonly record struct DeadLetter(string Path, object? Message);

/// <summary>Counts all of them, shows the host some of them.</summary>
public sealed class DeadLetters
{
    private readonly ActorEventSink _events;
    private readonly EventLimiter _limiter;
    private long _count;

    internal DeadLetters(ActorEventSink events, TimeProvider time)
    {
        _events = events;
        _limiter = new EventLimiter(time, perSecond: 10);
    }

    public long Count => Volatile.Read(ref _count);

    // Generic, so that a struct message is boxed only when somebody gets to see it.
    internal void Publish<TMsg>(string path, TMsg message)
    {
        Interlocked.Increment(ref _count);
        if (_limiter.TryPass(out var suppressed))
        {
            _events.Report(
                static (events, it) => events.DeadLettered(it.Letter, it.Suppressed),
                (Letter: new DeadLetter(path, message), Suppressed: suppressed));
        }
    }
}
