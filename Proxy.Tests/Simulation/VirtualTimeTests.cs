namespace Proxy.Tests.Simulation;

public sealed class VirtualTimeTests
{
    private readonly VirtualTime _time = new();
    private readonly List<string> _fired = [];

    [Fact]
    public void Timers_fire_in_the_order_they_are_due_at_their_own_time()
    {
        Start("b", 2);
        Start("a", 1);
        Start("c", 2);
        Start("d", 9);

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(["a at 1", "b at 2", "c at 2"], _fired);
        Assert.Equal(TimeSpan.FromSeconds(5), _time.Elapsed);
    }

    [Fact]
    public void A_periodic_timer_fires_until_it_is_changed_or_disposed()
    {
        var timer = Start("t", 1, 2);
        _time.Advance(TimeSpan.FromSeconds(4));
        timer.Change(TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        _time.Advance(TimeSpan.FromSeconds(10));
        timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        timer.Dispose();
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["t at 1", "t at 3", "t at 7"], _fired);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public void A_timer_set_a_thousand_times_fires_once()
    {
        var timer = Start("t", 1);
        for (var i = 0; i < 1000; i++)
        {
            timer.Change(TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan);
        }

        Assert.Equal(1, _time.ArmedTimers);
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["t at 2"], _fired);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public void Timestamps_are_neither_ticks_nor_nanoseconds_and_still_exact()
    {
        var start = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromTicks(12_345_678_901));

        Assert.NotEqual(TimeSpan.TicksPerSecond, _time.TimestampFrequency);
        Assert.NotEqual(1_000_000_000, _time.TimestampFrequency);
        Assert.NotEqual(0, start);
        Assert.Equal(TimeSpan.FromTicks(12_345_678_901), _time.GetElapsedTime(start));
    }

    private ITimer Start(string name, int seconds, int? period = null)
    {
        return _time.CreateTimer(
            _ => _fired.Add($"{name} at {_time.Elapsed.TotalSeconds}"),
            null,
            TimeSpan.FromSeconds(seconds),
            period is { } every ? TimeSpan.FromSeconds(every) : Timeout.InfiniteTimeSpan);
    }
}
