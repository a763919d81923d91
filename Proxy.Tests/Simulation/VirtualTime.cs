namespace Proxy.Tests.Simulation;

/// <summary>
/// A clock that moves when told. One thread only. Timestamps run at 40 MHz from an odd start: code that takes them
/// for ticks or nanoseconds is wrong by a factor, while whole ticks still convert exactly.
/// </summary>
public sealed class VirtualTime : TimeProvider
{
    private const long StampsPerTick = 4;
    private const long FirstStamp = 1_000_003;

    private static readonly DateTimeOffset Epoch = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly PriorityQueue<(Timer Timer, int Generation), (long Due, long Order)> _due = new();
    private long _ticks;
    private long _order;
    private int _void;

    /// <summary>Since the start of the simulation.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(_ticks);

    /// <summary>Timers that would still fire: zero when everybody cleaned up.</summary>
    public int ArmedTimers => _due.Count - _void;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond * StampsPerTick;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp() => FirstStamp + (_ticks * StampsPerTick);

    public override DateTimeOffset GetUtcNow() => Epoch.AddTicks(_ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>
    /// Goes to the next timer not later than <paramref name="until"/> and fires it; false when there is none.
    /// </summary>
    public bool FireNext(TimeSpan until)
    {
        while (_due.TryPeek(out var entry, out var at) && at.Due <= until.Ticks)
        {
            _due.Dequeue();
            if (entry.Timer.Generation != entry.Generation)
            {
                _void--;
                continue;
            }

            _ticks = Math.Max(_ticks, at.Due);
            entry.Timer.Fire();
            return true;
        }

        return false;
    }

    /// <summary>Fires what is due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        var target = Elapsed + by;
        while (FireNext(target))
        {
        }

        JumpTo(target);
    }

    /// <summary>Sets the clock without firing; timers on the way fire late.</summary>
    public void JumpTo(TimeSpan elapsed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(elapsed, Elapsed);
        _ticks = elapsed.Ticks;
    }

    private void Enqueue(Timer timer, TimeSpan after)
    {
        _due.Enqueue((timer, timer.Generation), (_ticks + after.Ticks, _order++));
        if (_void > 256 && _void > _due.Count / 2)
        {
            DropVoidEntries();
        }
    }

    private void DropVoidEntries()
    {
        var valid = _due.UnorderedItems
            .Where(item => item.Element.Timer.Generation == item.Element.Generation)
            .ToArray();
        _due.Clear();
        _due.EnqueueRange(valid);
        _void = 0;
    }

    private sealed class Timer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;
        private bool _armed;

        public int Generation { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Disarm();
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                _armed = true;
                time.Enqueue(this, dueTime);
            }

            return true;
        }

        public void Fire()
        {
            _armed = false;
            Generation++;
            if (_period > TimeSpan.Zero)
            {
                _armed = true;
                time.Enqueue(this, _period);
            }

            callback(state);
        }

        public void Dispose() => Disarm();

        public ValueTask DisposeAsync()
        {
            Disarm();
            return ValueTask.CompletedTask;
        }

        private void Disarm()
        {
            Generation++;
            if (_armed)
            {
                _armed = false;
                time._void++;
            }
        }
    }
}
