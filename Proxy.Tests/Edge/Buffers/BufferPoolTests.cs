using System.Numerics;
using Proxy.Edge.Buffers;

namespace Proxy.Tests.Edge.Buffers;

public sealed class BufferPoolTests
{
    [Theory]
    [InlineData(0, 1024)]
    [InlineData(1, 1024)]
    [InlineData(1024, 1024)]
    [InlineData(1025, 2048)]
    [InlineData(4096, 4096)]
    [InlineData(200_000, 262_144)]
    [InlineData(262_144, 262_144)]
    [InlineData(262_145, 262_145)]
    public void A_buffer_is_the_next_power_of_two_and_beyond_the_largest_exact(int minimum, int length)
    {
        Assert.Equal(length, new BufferPool().Rent(minimum).Length);
    }

    [Fact]
    public void What_was_returned_last_is_rented_first()
    {
        var pool = new BufferPool();
        byte[] first = pool.Rent(3000);
        byte[] second = pool.Rent(3000);
        pool.Return(first);
        pool.Return(second);

        Assert.Same(second, pool.Rent(2049));
        Assert.Same(first, pool.Rent(4096));
    }

    [Fact]
    public void Nobody_shares_a_buffer_and_the_count_is_right_for_every_seed()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var pool = new BufferPool();
            var rented = new HashSet<byte[]>(ReferenceEqualityComparer.Instance as IEqualityComparer<byte[]>);
            for (int i = 0; i < 200; i++)
            {
                if (rented.Count == 0 || random.Next(2) == 0)
                {
                    int minimum = random.Next(1 << random.Next(20));
                    byte[] buffer = pool.Rent(minimum);
                    Assert.True(buffer.Length >= minimum && rented.Add(buffer), $"seed {seed}: {buffer.Length} for {minimum}");
                }
                else
                {
                    byte[] buffer = rented.ElementAt(random.Next(rented.Count));
                    rented.Remove(buffer);
                    pool.Return(buffer);
                }

                Assert.Equal(rented.Sum(static buffer => (long)buffer.Length), pool.RentedBytes);
            }
        }
    }

    [Fact]
    public void A_pool_is_exhausted_at_its_limit_and_still_gives()
    {
        var pool = new BufferPool(limitBytes: 4096);
        byte[] first = pool.Rent(2048);
        Assert.False(pool.IsExhausted);

        byte[] second = pool.Rent(2048);
        Assert.True(pool.IsExhausted);
        Assert.Equal(2048, pool.Rent(2048).Length);

        pool.Return(first);
        pool.Return(second);
        Assert.False(pool.IsExhausted);
    }

    [Fact]
    public void An_idle_stock_of_large_buffers_is_limited()
    {
        var pool = new BufferPool();
        byte[][] buffers = [.. Enumerable.Range(0, 200).Select(_ => pool.Rent(64 * 1024))];
        foreach (byte[] buffer in buffers)
        {
            pool.Return(buffer);
        }

        int kept = Enumerable.Range(0, 200).Count(_ => buffers.Contains(pool.Rent(64 * 1024)));
        Assert.Equal(128, kept);
        Assert.True(BitOperations.IsPow2(buffers[0].Length));
    }

    [Fact]
    public void What_a_burst_left_behind_is_let_go_while_less_is_needed()
    {
        var pool = new BufferPool();
        byte[][] burst = [.. Enumerable.Range(0, 500).Select(_ => pool.Rent(16 * 1024))];
        Array.ForEach(burst, pool.Return);
        for (int i = 0; i < 20 * 4096; i++)
        {
            pool.Return(pool.Rent(16 * 1024));
        }

        int kept = Enumerable.Range(0, 500).Count(_ => burst.Contains(pool.Rent(16 * 1024)));
        Assert.InRange(kept, 64, 66);
    }

    [Fact]
    public void A_stock_that_is_in_use_is_kept()
    {
        var pool = new BufferPool();
        var buffers = new HashSet<byte[]>(ReferenceEqualityComparer.Instance as IEqualityComparer<byte[]>);
        for (int round = 0; round < 100; round++)
        {
            byte[][] rented = [.. Enumerable.Range(0, 500).Select(_ => pool.Rent(16 * 1024))];
            buffers.UnionWith(rented);
            Array.ForEach(rented, pool.Return);
        }

        Assert.Equal(500, buffers.Count);
    }
}
