using System.Numerics;

namespace Proxy.Edge.Buffers;

/// <summary>Byte arrays of a loop, in powers of two from 1 KB to 256 KB, recycled last-in first-out so that the next
/// user gets memory that is still in the cache. The arrays never move (pinned object heap), so the kernel may be handed
/// their addresses. One pool per loop; not thread-safe.</summary>
public sealed class BufferPool
{
    private const int SmallestBits = 10;
    private const int LargestBits = 18;

    private readonly Stack<byte[]>[] _free = new Stack<byte[]>[LargestBits - SmallestBits + 1];
    private readonly long _limitBytes;
    private long _rentedBytes;

    /// <param name="limitBytes">Most bytes that may be rented at a time; beyond, <see cref="IsExhausted"/>
    /// holds.</param>
    public BufferPool(long limitBytes = long.MaxValue)
    {
        _limitBytes = limitBytes;
        for (int i = 0; i < _free.Length; i++)
        {
            _free[i] = new Stack<byte[]>(64);
        }
    }

    /// <summary>Bytes rented now; read by samplers of other threads.</summary>
    public long RentedBytes => Volatile.Read(ref _rentedBytes);

    /// <summary>True when new work should be refused because the loop's memory budget is used up.</summary>
    public bool IsExhausted => _rentedBytes >= _limitBytes;

    /// <summary>An array of at least <paramref name="minimum"/> bytes with unspecified content. The caller owns it
    /// until <see cref="Return"/>. Never refuses: work already admitted is finished; admission asks
    /// <see cref="IsExhausted"/>.</summary>
    public byte[] Rent(int minimum)
    {
        int index = ClassOf(minimum);
        byte[]? buffer;
        if (index >= _free.Length)
        {
            buffer = GC.AllocateUninitializedArray<byte>(minimum, pinned: true);
        }
        else if (!_free[index].TryPop(out buffer))
        {
            buffer = GC.AllocateUninitializedArray<byte>(1 << (index + SmallestBits), pinned: true);
        }

        _rentedBytes += buffer.Length;
        return buffer;
    }

    /// <summary>Gives an array back. The caller must not touch it afterwards.</summary>
    public void Return(byte[] buffer)
    {
        _rentedBytes -= buffer.Length;
        int index = ClassOf(buffer.Length);
        // Odd sizes and large idle stocks go to the garbage collector: a burst must not own memory for ever.
        if (index < _free.Length && BitOperations.IsPow2(buffer.Length) && _free[index].Count < Keep(index))
        {
            _free[index].Push(buffer);
        }
    }

    private static int Keep(int index) => index <= 2 ? 4096 : 64;

    private static int ClassOf(int size) =>
        Math.Max(0, 32 - BitOperations.LeadingZeroCount((uint)Math.Max(1, size - 1)) - SmallestBits);
}
