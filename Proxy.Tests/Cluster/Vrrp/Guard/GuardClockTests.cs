using Proxy.Cluster.Vrrp.Guard;

namespace Proxy.Tests.Cluster.Vrrp.Guard;

public sealed class GuardClockTests
{
    [Fact]
    public void A_percentile_is_never_below_the_true_one_and_at_most_a_quarter_above()
    {
        var random = new Random(5);
        for (int round = 0; round < 50; round++)
        {
            var clock = new GuardClock();
            long[] late = [.. Enumerable.Range(0, 1 + random.Next(2000))
                .Select(_ => (long)Math.Pow(10, random.NextDouble() * 7)).Order()];
            foreach (long each in late)
            {
                clock.Fired(1000, 1000 + each);
            }

            foreach (int perMille in (int[])[500, 990, 999, 1000])
            {
                long expected = late[((((long)late.Length * perMille) + 999) / 1000) - 1];
                Assert.InRange(clock.LatenessOf(perMille), expected, (expected * 5 / 4) + 1);
            }
        }
    }

    [Fact]
    public void A_timer_that_is_not_due_does_not_count_and_a_reset_forgets()
    {
        var clock = new GuardClock();
        clock.Fired(1001, 1000);
        Assert.Equal(0, clock.LatenessOf(999));
        clock.Fired(1000, 1500);
        Assert.Equal(500, clock.LatenessOf(999));
        clock.Reset();
        Assert.Equal(0, clock.LatenessOf(999));
    }
}
