namespace Proxy.Actors.Runtime;

/// <summary>
/// Port to whatever gives turns to actors: the thread pool, a thread of its own, or the simulator of the tests.
/// </summary>
public interface IDispatcher
{
    TimeProvider Time { get; }

    /// <summary>Safe on every thread.</summary>
    IRandom Random { get; }

    /// <summary>How many messages an actor handles before others get their turn.</summary>
    int MessagesPerTurn { get; }

    /// <summary>Runs the item once, later, never inside this call. Must not allocate.</summary>
    void Schedule(IRunnable runnable);

    /// <summary>A dispatcher for one actor, disposed with it when it is disposable.</summary>
    IDispatcher Dedicated(string name);
}

/// <summary>Something that takes turns; a thread-pool item, so that queueing it needs no wrapper.</summary>
public interface IRunnable : IThreadPoolWorkItem
{
    /// <summary>Names the turn in traces of a simulation.</summary>
    string Path { get; }
}

/// <summary>Randomness as an input, so that a run can be replayed from its seed.</summary>
public interface IRandom
{
    /// <summary>At least 0 and below 1.</summary>
    double NextDouble();

    /// <summary>At least 0 and below <paramref name="exclusiveMaximum"/>.</summary>
    int Next(int exclusiveMaximum);
}
