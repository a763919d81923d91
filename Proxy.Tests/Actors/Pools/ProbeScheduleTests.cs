using Proxy.Actors.Config;
using Proxy.Actors.Pools;

namespace Proxy.Tests.Actors.Pools;

public sealed class ProbeScheduleTests
{
    private static readonly ActiveHealthConfig Config = new()
    {
        Interval = TimeSpan.FromSeconds(10),
        FastInterval = TimeSpan.FromSeconds(1),
        DownInterval = TimeSpan.FromSeconds(4),
        Jitter = 10,
    };

    [Theory]
    [InlineData(ProbePace.Steady, 0, 0)]
    [InlineData(ProbePace.Steady, 0.25, 2.5)]
    [InlineData(ProbePace.Steady, 1, 10)]
    [InlineData(ProbePace.Down, 0.5, 0.5)] // who is not up yet is checked soon
    public void The_first_check_is_spread_over_an_interval(ProbePace pace, double spread, double due)
    {
        var schedule = new ProbeSchedule(Config, pace, spread, Seconds(100));

        Assert.Equal(Seconds(100 + due), schedule.Due);
    }

    [Theory]
    [InlineData(ProbePace.Steady, 0.5, 10)]
    [InlineData(ProbePace.Steady, 0, 9)]
    [InlineData(ProbePace.Steady, 1, 11)]
    [InlineData(ProbePace.Transitional, 0.5, 1)]
    [InlineData(ProbePace.Down, 0.5, 4)]
    public void The_next_check_follows_the_end_of_the_last_by_the_interval_of_the_pace(
        ProbePace pace, double random, double after)
    {
        var schedule = new ProbeSchedule(Config, ProbePace.Steady, 0, Seconds(0));
        Assert.True(schedule.TryStart(Seconds(0)));

        schedule.Finished(Seconds(3), pace, random);

        Assert.Equal(Seconds(3 + after), schedule.Due);
        Assert.False(schedule.TryStart(Seconds(3 + after - 0.001)));
        Assert.True(schedule.TryStart(Seconds(3 + after)));
    }

    [Fact]
    public void Never_two_checks_at_once()
    {
        var schedule = new ProbeSchedule(Config, ProbePace.Steady, 0, Seconds(0));
        Assert.True(schedule.TryStart(Seconds(0)));

        schedule.Hurry(Seconds(1));

        Assert.Null(schedule.Due);
        Assert.False(schedule.TryStart(Seconds(50)));
    }

    [Fact]
    public void Fast_and_down_intervals_default_to_the_interval()
    {
        var schedule = new ProbeSchedule(
            new ActiveHealthConfig { Interval = Seconds(7), Jitter = 0 }, ProbePace.Steady, 0, Seconds(0));
        foreach (ProbePace pace in Enum.GetValues<ProbePace>())
        {
            schedule.Finished(Seconds(1), pace, 0.9);

            Assert.Equal(Seconds(8), schedule.Due);
        }
    }

    [Fact]
    public void It_can_hurry_pause_and_go_on()
    {
        var schedule = new ProbeSchedule(Config, ProbePace.Steady, 1, Seconds(0));

        schedule.Hurry(Seconds(2));
        Assert.Equal(Seconds(3), schedule.Due);
        schedule.Hurry(Seconds(2.5));
        Assert.Equal(Seconds(3), schedule.Due);

        schedule.Pause();
        Assert.Null(schedule.Due);
        Assert.False(schedule.TryStart(Seconds(99)));
        schedule.Resume(Seconds(100));
        Assert.Equal(Seconds(101), schedule.Due);
        schedule.Resume(Seconds(100.5));
        Assert.Equal(Seconds(101), schedule.Due);
    }

    [Fact]
    public void A_shorter_interval_takes_effect_at_once()
    {
        var schedule = new ProbeSchedule(Config, ProbePace.Steady, 1, Seconds(0));

        schedule.Configure(Config with { Interval = Seconds(2) }, ProbePace.Steady, Seconds(1));

        Assert.Equal(Seconds(3), schedule.Due);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
