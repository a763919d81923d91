using Proxy.Actors.Runtime;

namespace Proxy.Tests.Actors.Runtime;

/// <summary>
/// Timer callbacks that come when a real timer's would by bad luck: after the end of the use they were armed for, or
/// early.
/// </summary>
public sealed class AskTimerTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();
    private readonly AskPool<int> _pool;
    private readonly Inbox _inbox = new();

    public AskTimerTests() => _pool = new AskPool<int>(new PoolDispatcher(_time, new SeededRandom(1)));

    [Fact]
    public void A_fire_left_over_from_an_earlier_use_does_not_end_the_present_one()
    {
        var slot = _pool.Rent();
        var first = slot.Open(Second, _inbox, 1);
        _time.Now += Second;
        slot.TryComplete(first, new Result<int>(10));

        Assert.Same(slot, _pool.Rent());
        var second = slot.Open(Second, _inbox, 2);
        _time.FireLatest();
        Assert.Equal(["1: 10"], _inbox.Seen);
        Assert.Equal(Second, _time.Armed); // what is left of the present use

        Assert.False(slot.TryComplete(first, new Result<int>(11)));
        Assert.True(slot.TryComplete(second, new Result<int>(20)));
        Assert.Equal(["1: 10", "2: 20"], _inbox.Seen);
    }

    [Fact]
    public void A_left_over_fire_ignores_a_use_without_time_out_and_a_free_slot()
    {
        var slot = _pool.Rent();
        slot.TryComplete(slot.Open(Second, _inbox, 1), new Result<int>(10));
        _time.FireLatest();

        _pool.Rent();
        slot.Open(null, _inbox, 2);
        _time.Now += 100 * Second;
        _time.FireLatest();

        Assert.Equal(["1: 10"], _inbox.Seen);
    }

    [Fact]
    public void An_early_fire_waits_for_the_rest_of_the_time()
    {
        var slot = _pool.Rent();
        slot.Open(Second, _inbox, 1);
        _time.Now += 0.75 * Second;
        _time.FireLatest();
        Assert.Empty(_inbox.Seen);
        Assert.Equal(0.25 * Second, _time.Armed);

        _time.Now += 0.25 * Second;
        _time.FireLatest();
        _time.FireLatest();

        Assert.Equal(["1: TimeoutException"], _inbox.Seen);
    }

    [Fact]
    public void The_timer_is_off_while_nobody_waits()
    {
        var slot = _pool.Rent();
        slot.TryComplete(slot.Open(Second, _inbox, 1), new Result<int>(10));

        Assert.Equal(Timeout.InfiniteTimeSpan, _time.Armed);
    }

    [Fact]
    public async Task A_reply_and_a_time_out_at_the_same_moment_give_exactly_one_outcome()
    {
        const int Rounds = 8_000;
        var stopping = TestContext.Current.CancellationToken;
        var slot = _pool.Rent();
        var opened = 0L;
        var replies = 0;
        var arrived = 0;
        void Meet(int round)
        {
            Interlocked.Increment(ref arrived);
            var wait = default(SpinWait);
            while (Volatile.Read(ref arrived) < 2 * round)
            {
                wait.SpinOnce(sleep1Threshold: -1);
            }
        }

        var replier = Task.Factory.StartNew(
            () =>
            {
                for (var i = 1; i <= Rounds; i++)
                {
                    Meet(2 * i - 1);
                    Thread.SpinWait(i % 16);
                    replies += slot.TryComplete(Volatile.Read(ref opened), new Result<int>(i)) ? 1 : 0;
                    Meet(2 * i);
                }
            },
            stopping,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        for (var i = 1; i <= Rounds; i++)
        {
            // Every third fire is early and re-arms, so that the reply also meets a slot that is being re-armed.
            Volatile.Write(ref opened, slot.Open(i % 3 == 0 ? Second : TimeSpan.Zero, _inbox, i));
            Meet(2 * i - 1);
            _time.FireLatest();
            Meet(2 * i);
            _pool.Rent();
        }

        await replier;
        Assert.Equal(Rounds, _inbox.Seen.Count);
        Assert.Equal(replies, _inbox.Seen.Count(line => !line.EndsWith("Exception", StringComparison.Ordinal)));
        Assert.Equal(Enumerable.Range(1, Rounds), _inbox.Seen.Select(line => int.Parse(line.Split(':')[0])));
    }

    private sealed class Inbox : IAskCompletion<int>
    {
        public List<string> Seen { get; } = [];

        public void Completed(long cookie, in Result<int> result)
        {
            lock (Seen)
            {
                Seen.Add($"{cookie}: {(result.TryGetValue(out var value) ? value : result.Error!.GetType().Name)}");
            }
        }
    }

    /// <summary>One timer, fired by hand.</summary>
    private sealed class ManualTime : TimeProvider
    {
        private Action? _fire;

        public TimeSpan Now { get; set; }

        public TimeSpan Armed { get; private set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _fire = () => callback(state);
            return new ManualTimer(this);
        }

        public void FireLatest() => _fire!();

        private sealed class ManualTimer(ManualTime time) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                time.Armed = dueTime;
                return true;
            }

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
