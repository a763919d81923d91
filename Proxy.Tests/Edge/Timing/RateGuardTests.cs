using Proxy.Edge.Timing;

namespace Proxy.Tests.Edge.Timing;

public sealed class RateGuardTests
{
    private const long Second = 1_000_000;

    [Fact]
    public void A_peer_that_keeps_up_the_rate_is_not_too_slow()
    {
        RateGuard guard = default;
        guard.Start(Second);
        guard.Count(1000);

        Assert.False(guard.IsTooSlow(11 * Second, 100));
        guard.Count(999);
        Assert.True(guard.IsTooSlow(21 * Second, 100));
    }

    [Fact]
    public void Each_window_is_judged_for_itself()
    {
        RateGuard guard = default;
        guard.Start(0);
        guard.Count(1_000_000);

        Assert.False(guard.IsTooSlow(10 * Second, 100));
        Assert.True(guard.IsTooSlow(20 * Second, 100));
    }

    [Fact]
    public void Time_in_which_we_did_not_want_bytes_does_not_count()
    {
        RateGuard guard = default;
        guard.Start(Second);
        guard.Count(100);
        guard.Pause(2 * Second);
        guard.Pause(50 * Second);
        Assert.True(guard.IsPaused);
        guard.Resume(101 * Second);
        guard.Resume(500 * Second);

        Assert.Equal(101 * Second, guard.NextCheck(100, TimeSpan.FromSeconds(1)));
        Assert.False(guard.IsTooSlow(101 * Second, 100));
    }

    [Fact]
    public void Without_a_minimum_nothing_is_checked_and_nobody_is_too_slow()
    {
        RateGuard guard = default;
        guard.Start(0);

        Assert.Equal(TimerNode.Never, guard.NextCheck(0, TimeSpan.FromSeconds(1)));
        Assert.False(guard.IsTooSlow(1000 * Second, 0));
    }

    [Fact]
    public void A_body_of_terabytes_does_not_overflow()
    {
        RateGuard guard = default;
        guard.Start(0);
        guard.Count(8L << 40);

        Assert.False(guard.IsTooSlow(10 * Second, 240));
    }
}
