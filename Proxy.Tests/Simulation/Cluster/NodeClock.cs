namespace Proxy.Tests.Simulation.Cluster;

/// <summary>A node's own clock over the simulation's: off by something, and faster or slower by a little.</summary>
/// <param name="rate">Its seconds in one true second.</param>
internal sealed class NodeClock(VirtualTime truth, TimeSpan offset, double rate) : TimeProvider
{
    public override long TimestampFrequency => truth.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp() => (long)(truth.GetTimestamp() * rate);

    public override DateTimeOffset GetUtcNow() => truth.GetUtcNow() + offset + (truth.Elapsed * (rate - 1));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Timer(truth.CreateTimer(callback, state, True(dueTime), True(period)), this);

    private TimeSpan True(TimeSpan own) =>
        own == Timeout.InfiniteTimeSpan ? own : TimeSpan.FromTicks((long)Math.Ceiling(own.Ticks / rate));

    private sealed class Timer(ITimer timer, NodeClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) =>
            timer.Change(clock.True(dueTime), clock.True(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
