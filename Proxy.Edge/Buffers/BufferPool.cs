using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Proxy.Edge.Buffers;

/// <summary>Byte arrays of a loop, in powers of two from 1 KB to 256 KB, recycled last-in first-out so that the next
/// user gets memory that is still in the cache. The arrays never move (pinned object heap), so the kernel may be handed
/// their addresses. One pool per loop; not thread-safe.</summary>
public sealed class BufferPool
{
    private const int SmallestBits = 10;
    private const int LargestBits = 18;

    /// <summary>Most that is kept of one size, but <see cref="AlwaysKept"/> arrays of the large sizes.</summary>
    private const int KeptBytes = 8 * 1024 * 1024;

    private const int AlwaysKept = 64;

    /// <summary>After so many returns to a stock, half of what nobody needed meanwhile is let go.</summary>
    private const int ReviewReturns = 4096;

    private readonly Stock[] _stocks = new Stock[LargestBits - SmallestBits + 1];
    private readonly long _limitBytes;
    private long _rentedBytes;

    /// <param name="limitBytes">Most bytes that may be rented at a time; beyond, <see cref="IsExhausted"/>
    /// holds.</param>
    public BufferPool(long limitBytes = long.MaxValue)
    {
        _limitBytes = limitBytes;
        for (int i = 0; i < _stocks.Length; i++)
        {
            _stocks[i] = new Stock(Math.Max(AlwaysKept, KeptBytes >> (i + SmallestBits)));
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
        if (index >= _stocks.Length)
        {
            buffer = GC.AllocateUninitializedArray<byte>(minimum, pinned: true);
        }
        else if (!_stocks[index].TryTake(out buffer))
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
        // Odd sizes go to the garbage collector.
        if (index < _stocks.Length && BitOperations.IsPow2(buffer.Length))
        {
            _stocks[index].Put(buffer);
        }
    }

    private static int ClassOf(int size) =>
        Math.Max(0, 32 - BitOperations.LeadingZeroCount((uint)Math.Max(1, size - 1)) - SmallestBits);

    /// <summary>Arrays of one size. What a burst left behind goes to the garbage collector little by little: arrays are
    /// costly to make (they are collected with the oldest generation only), so a load that comes and goes finds them
    /// again.</summary>
    private sealed class Stock(int most)
    {
        private readonly Stack<byte[]> _free = new(AlwaysKept);
        private int _unused;
        private int _returns;

        public bool TryTake([NotNullWhen(true)] out byte[]? buffer)
        {
            bool taken = _free.TryPop(out buffer);
            _unused = Math.Min(_unused, _free.Count);
            return taken;
        }

        public void Put(byte[] buffer)
        {
            if (_free.Count < most)
            {
                _free.Push(buffer);
            }

            if (++_returns >= ReviewReturns)
            {
                int spare = Math.Min(_unused, _free.Count - AlwaysKept) / 2;
                for (int i = 0; i < spare; i++)
                {
                    _free.Pop();
                }

                _unused = _free.Count;
                _returns = 0;
            }
        }
    }
}
