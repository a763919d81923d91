namespace Proxy.Actors.Runtime;

/// <summary>Production default: turns run on the thread pool.</summary>
public sealed class PoolDispatcher(TimeProvider time, IRandom random) : IDispatcher
{
    public PoolDispatcher()
        : this(TimeProvider.System, SeededRandom.FromEntropy())
    {
    }

    public TimeProvider Time => time;

    public IRandom Random => random;

    public int MessagesPerTurn => 64;

    public void Schedule(IRunnable runnable) => ThreadPool.UnsafeQueueUserWorkItem(runnable, preferLocal: false);

    public IDispatcher Dedicated(string name) => new ThreadDispatcher(name, this);
}
