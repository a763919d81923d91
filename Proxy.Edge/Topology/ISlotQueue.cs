namespace Proxy.Edge.Topology;

/// <summary>Port to the queues for members with max-connections, which the pools' actors keep so that the oldest
/// waiter of all loops is served first. Used only when no slot is free; the usual request never comes here. Must not
/// block.</summary>
public interface ISlotQueue
{
    /// <summary>Lines up. False when the pool cannot be asked; then no answer comes.</summary>
    /// <param name="only">The member the request is bound to; null = any candidate.</param>
    bool TryEnter(string pool, MemberState? only, TimeSpan wait, ISlotAnswer answer);

    /// <summary>A slot was given back while <see cref="SlotWaiters.Any"/> was true.</summary>
    void Released(string pool, MemberState member);
}

/// <summary>Hears from the queue.</summary>
public interface ISlotAnswer
{
    /// <summary>Called once, on any thread: store and wake, nothing more.</summary>
    /// <param name="member">A member with a slot taken, to be given back with <see cref="MemberState.ReturnSlot"/>;
    /// null = none in time.</param>
    void Answered(MemberState? member);
}

/// <summary>For data planes without queues: a request that finds no slot is refused.</summary>
public sealed class NoSlotQueue : ISlotQueue
{
    public bool TryEnter(string pool, MemberState? only, TimeSpan wait, ISlotAnswer answer) => false;

    public void Released(string pool, MemberState member)
    {
    }
}
