namespace Proxy.Edge.Topology;

/// <summary>How many exchanges of a pool wait for a free slot of a member with max-connections. Written by the pool's
/// actor, read by the loops on any thread.</summary>
/// <remarks>
/// Nobody is forgotten: a loop gives a slot back first (an interlocked operation, so a full fence) and reads
/// <see cref="Any"/> then; the actor counts the waiter first and tries for a slot then. One of the two sees the other.
/// </remarks>
public sealed class SlotWaiters
{
    private int _count;

    /// <summary>After giving a slot back: tell the pool's actor when this is true.</summary>
    public bool Any => Volatile.Read(ref _count) != 0;

    public int Count => Volatile.Read(ref _count);

    public void Add() => Interlocked.Increment(ref _count);

    public void Remove() => Interlocked.Decrement(ref _count);
}
