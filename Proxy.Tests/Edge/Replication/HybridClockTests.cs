using Proxy.Edge.Replication;

namespace Proxy.Tests.Edge.Replication;

public sealed class HybridClockTests
{
    private const long Now = 1_800_000_000_000;

    [Fact]
    public void Stamps_grow_when_the_wall_clock_stands_or_goes_back()
    {
        var clock = new HybridClock(TimeSpan.FromSeconds(5));

        Stamp first = clock.Next(Now);
        Stamp second = clock.Next(Now);
        Stamp third = clock.Next(Now - 60_000);

        Assert.Equal(Stamp.At(Now), first);
        Assert.Equal((Now, 1), (second.Milliseconds, second.Counter));
        Assert.Equal((Now, 2), (third.Milliseconds, third.Counter));
    }

    [Fact]
    public void What_is_written_after_a_stamp_was_seen_comes_after_it()
    {
        var clock = new HybridClock(TimeSpan.FromSeconds(5));
        var seen = new Stamp(Stamp.At(Now + 4_000).Value + 7);

        Assert.True(clock.TryObserve(seen, Now));

        Assert.Equal(seen.Value + 1, clock.Next(Now).Value);
    }

    [Fact]
    public void A_clock_too_far_ahead_drags_nobody_along()
    {
        var clock = new HybridClock(TimeSpan.FromSeconds(5));

        Assert.False(clock.TryObserve(Stamp.At(Now + 5_001), Now));

        Assert.Equal(Stamp.At(Now), clock.Next(Now));
        Assert.Equal(1, clock.Refused);
    }

    [Fact]
    public async Task No_two_threads_get_the_same_stamp()
    {
        var clock = new HybridClock(TimeSpan.FromSeconds(5));

        Stamp[][] stamps = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(
            () => Enumerable.Range(0, 20_000).Select(_ => clock.Next(Now)).ToArray(),
            TestContext.Current.CancellationToken)));

        Assert.Equal(80_000, stamps.SelectMany(static s => s).Distinct().Count());
        Assert.All(stamps, static own => Assert.Equal(own.OrderBy(static s => s.Value), own));
    }
}
