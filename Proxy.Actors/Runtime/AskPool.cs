using System.Collections.Concurrent;

namespace Proxy.Actors.Runtime;

/// <summary>Free slots of one reply type. Grows to the peak of questions under way, up to a limit.</summary>
internal sealed class AskPool<TReply>(IDispatcher dispatcher)
{
    private const int MostKept = 4096;

    private readonly ConcurrentQueue<AskSlot<TReply>> _free = new();
    private int _kept;

    public IDispatcher Dispatcher => dispatcher;

    public AskSlot<TReply> Rent()
    {
        if (_free.TryDequeue(out var slot))
        {
            Interlocked.Decrement(ref _kept);
            return slot;
        }

        return new AskSlot<TReply>(this);
    }

    public void Return(AskSlot<TReply> slot)
    {
        if (Interlocked.Increment(ref _kept) > MostKept)
        {
            Interlocked.Decrement(ref _kept);
            return;
        }

        _free.Enqueue(slot);
    }
}

/// <summary>One pool per reply type, per system: slots hold timers of the system's clock.</summary>
internal sealed class AskPools(IDispatcher dispatcher)
{
    private readonly ConcurrentDictionary<Type, object> _pools = new();

    public AskPool<TReply> Of<TReply>()
    {
        return _pools.TryGetValue(typeof(TReply), out var pool)
            ? (AskPool<TReply>)pool
            : (AskPool<TReply>)_pools.GetOrAdd(typeof(TReply), new AskPool<TReply>(dispatcher));
    }
}
