using Proxy.Cluster.Vrrp.Node;

namespace Proxy.Tests.Cluster.Vrrp.Node;

public sealed class HangWatchTests
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(20);
    private static readonly PulseSample Turned = new(true, false);
    private static readonly PulseSample Sleeps = new(false, false);
    private static readonly PulseSample Works = new(false, true);

    private readonly HangWatch _watch = new(2, TimeSpan.FromMilliseconds(80), Every);
    private TimeSpan _now;
    private TimeSpan _paused;

    [Fact]
    public void A_part_that_sleeps_is_stuck_within_the_time_whatever_the_others_do()
    {
        Step(Turned, Turned);
        Assert.Equal([-1, -1, 1], [Step(Turned, Sleeps), Step(Turned, Sleeps), Step(Turned, Sleeps)]);
        Assert.Equal(-1, Step(Turned, Turned));
    }

    [Fact]
    public void A_part_that_works_or_waits_for_a_core_gets_twelve_times_as_long()
    {
        Step(Turned, Turned);
        int steps = 0;
        while (Step(Works, Turned) < 0)
        {
            steps++;
        }

        Assert.InRange(steps, (4 * HangWatch.Patience) - 2, 4 * HangWatch.Patience);
    }

    [Fact]
    public void A_part_that_answers_in_between_begins_anew()
    {
        Step(Turned, Turned);
        for (int round = 0; round < 20; round++)
        {
            Assert.Equal(-1, Step(Sleeps, Turned));
            Assert.Equal(-1, Step(Sleeps, Sleeps));
            Assert.Equal(-1, Step(Turned, Sleeps));
        }
    }

    [Fact]
    public void Time_of_collections_and_of_steps_that_were_late_does_not_count()
    {
        Step(Turned, Turned);
        for (int round = 0; round < 20; round++)
        {
            _now += TimeSpan.FromMilliseconds(90);
            Assert.Equal(-1, Step(Sleeps, Sleeps));
            _paused += Every;
            Assert.Equal(-1, Step(Sleeps, Sleeps));
        }
    }

    [Fact]
    public void Without_a_limit_nothing_is_ever_stuck()
    {
        var watch = new HangWatch(1, TimeSpan.Zero, Every);
        for (int round = 0; round < 1000; round++)
        {
            _now += Every;
            Assert.Equal(-1, watch.Step(_now, _paused, [Sleeps]));
        }
    }

    private int Step(params PulseSample[] samples)
    {
        _now += Every;
        return _watch.Step(_now, _paused, samples);
    }
}
