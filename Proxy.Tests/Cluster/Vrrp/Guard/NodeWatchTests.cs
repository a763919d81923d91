using Proxy.Cluster.Vrrp.Guard;

namespace Proxy.Tests.Cluster.Vrrp.Guard;

public sealed class NodeWatchTests
{
    private const long HangAfter = 80_000;

    private readonly NodeWatch _watch = new();

    [Fact]
    public void A_stopped_process_is_lost_after_the_time_and_back_with_its_first_word()
    {
        _watch.Arrived(HangAfter, 0);
        _watch.Tick(79_999, NodeActivity.Stopped);
        Assert.False(_watch.IsLost);
        _watch.Tick(80_000, NodeActivity.Stopped);
        Assert.True(_watch.IsLost);
        Assert.Equal(long.MaxValue, _watch.NextTimer);

        _watch.Beat(90_000);
        Assert.False(_watch.IsLost);
        Assert.Equal(170_000, _watch.NextTimer);
    }

    [Fact]
    public void A_silent_process_that_runs_gets_twelve_times_as_long_and_is_looked_at_meanwhile()
    {
        _watch.Arrived(HangAfter, 0);
        _watch.Tick(80_000, NodeActivity.Unknown);
        Assert.False(_watch.IsLost);
        Assert.Equal(100_000, _watch.NextTimer);
        while (_watch.NextTimer < 960_000)
        {
            _watch.Tick(_watch.NextTimer, NodeActivity.Unknown);
            Assert.False(_watch.IsLost);
        }

        _watch.Tick(960_000, NodeActivity.Unknown);
        Assert.True(_watch.IsLost);
    }

    [Fact]
    public void A_silent_process_is_lost_when_it_was_seen_asleep_twice_in_a_row()
    {
        _watch.Arrived(HangAfter, 0);
        _watch.Tick(80_000, NodeActivity.Asleep);
        Assert.False(_watch.IsLost);
        _watch.Tick(100_000, NodeActivity.Unknown);
        _watch.Tick(120_000, NodeActivity.Asleep);
        Assert.False(_watch.IsLost);
        _watch.Tick(140_000, NodeActivity.Asleep);
        Assert.True(_watch.IsLost);
    }

    [Fact]
    public void The_end_is_a_loss_at_once_unless_it_said_goodbye()
    {
        _watch.Arrived(HangAfter, 0);
        _watch.SaidGoodbye(1_000_000, 10_000);
        _watch.Ended();
        _watch.Tick(900_000, NodeActivity.Stopped);
        Assert.False(_watch.IsLost);
        _watch.Tick(1_010_000, NodeActivity.Unknown);
        Assert.True(_watch.IsLost);

        _watch.Arrived(0, 2_000_000);
        Assert.Equal(long.MaxValue, _watch.NextTimer);
        _watch.Ended();
        Assert.True(_watch.IsLost);
    }
}
