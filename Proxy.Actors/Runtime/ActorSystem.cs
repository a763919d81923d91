namespace Proxy.Actors.Runtime;

public interface IActorSystem : IAsyncDisposable
{
    DeadLetters DeadLetters { get; }

    CoordinatedShutdown Shutdown { get; }

    /// <summary>
    /// Starts a top-level actor at <c>/user/name</c>. Throws when the name is taken or the system has ended.
    /// </summary>
    IRef<TMsg> Spawn<TMsg>(Props<TMsg> props, string name);

    /// <summary>Stops a top-level actor.</summary>
    void Stop(IRef actor);
}

/// <summary>A tree of actors on one dispatcher. All members may be called from any thread.</summary>
public sealed class ActorSystem : IActorSystem
{
    private readonly Guardian _guardian = new();

    public ActorSystem()
        : this(new PoolDispatcher(), new SilentActorEvents())
    {
    }

    public ActorSystem(IDispatcher dispatcher, IActorEvents events)
    {
        Dispatcher = dispatcher;
        Events = new ActorEventSink(events);
        Asks = new AskPools(dispatcher);
        DeadLetters = new DeadLetters(Events, dispatcher.Time);
        Shutdown = new CoordinatedShutdown(dispatcher.Time, Events);
        Shutdown.AddTask(ShutdownPhase.ActorSystemTerminate, "actors", _ => new ValueTask(_guardian.Terminate()));
    }

    public DeadLetters DeadLetters { get; }

    public CoordinatedShutdown Shutdown { get; }

    internal IDispatcher Dispatcher { get; }

    internal ActorEventSink Events { get; }

    internal AskPools Asks { get; }

    public IRef<TMsg> Spawn<TMsg>(Props<TMsg> props, string name) => _guardian.Spawn(this, props, name);

    public void Stop(IRef actor) => _guardian.Stop(actor);

    /// <summary>Runs the whole coordinated shutdown, unless it has run.</summary>
    public ValueTask DisposeAsync() => new(Shutdown.Run("disposed"));
}
