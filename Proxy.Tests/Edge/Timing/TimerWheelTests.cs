using Proxy.Edge.Timing;

namespace Proxy.Tests.Edge.Timing;

public sealed class TimerWheelTests
{
    private const long Tick = 1 << 14;

    private readonly List<Exception> _failures = [];

    [Fact]
    public void It_fires_what_a_sorted_list_would_fire_whatever_is_done_to_it()
    {
        for (int seed = 0; seed < 1500; seed++)
        {
            new Comparison(seed).Run();
        }
    }

    [Fact]
    public void A_timer_fires_once_and_not_before_its_time()
    {
        TimerWheel wheel = NewWheel(0);
        var target = new Target();
        wheel.Set(target.Node, 100_000);

        wheel.Advance(99_999);
        Assert.Empty(target.Calls);
        wheel.Advance(100_000 + Tick);
        wheel.Advance(10_000_000);

        Assert.Equal([100_000 + Tick], target.Calls);
        Assert.Equal(0, wheel.Count);
    }

    [Fact]
    public void A_target_may_remove_the_timer_that_is_called_next()
    {
        TimerWheel wheel = NewWheel(0);
        Target[] targets = [.. Enumerable.Range(0, 5).Select(_ => new Target())];
        foreach (Target target in targets)
        {
            wheel.Set(target.Node, 50_000);
            target.Does = _ =>
            {
                foreach (Target other in targets.Where(other => other != target))
                {
                    wheel.Remove(other.Node);
                }
            };
        }

        wheel.Advance(1_000_000);

        Assert.Equal(1, targets.Sum(target => target.Calls.Count));
        Assert.Equal(0, wheel.Count);
        Assert.Equal(-1, wheel.NextWake(1_000_000));
    }

    [Fact]
    public void A_throwing_target_is_reported_and_the_others_are_called()
    {
        TimerWheel wheel = NewWheel(0);
        Target[] targets = [.. Enumerable.Range(0, 3).Select(_ => new Target())];
        foreach (Target target in targets)
        {
            target.Does = _ => throw new InvalidOperationException("broken");
            wheel.Set(target.Node, 50_000);
        }

        wheel.Advance(1_000_000);

        Assert.All(targets, target => Assert.Single(target.Calls));
        Assert.Equal(3, _failures.Count);
    }

    [Fact]
    public void A_timer_set_again_by_its_own_call_waits_for_its_new_time()
    {
        TimerWheel wheel = NewWheel(0);
        var target = new Target();
        target.Does = now => wheel.Set(target.Node, now + 1_000_000);
        wheel.Set(target.Node, 1_000_000);

        for (long now = 0; now < 5_500_000; now += 10_000)
        {
            wheel.Advance(now);
        }

        Assert.Equal(5, target.Calls.Count);
        Assert.Equal(1, wheel.Count);
    }

    [Fact]
    public void A_deadline_many_rounds_away_and_a_sleep_of_many_rounds_are_kept()
    {
        TimerWheel wheel = NewWheel(12345);
        var near = new Target();
        var far = new Target();
        long deadline = 12345 + (Tick * 512 * 7) + 3;
        wheel.Set(near.Node, 12345 + 1);
        wheel.Set(far.Node, deadline);

        wheel.Advance(deadline - 1);
        Assert.Single(near.Calls);
        Assert.Empty(far.Calls);
        wheel.Advance(deadline + (Tick * 512 * 100));

        Assert.Single(far.Calls);
    }

    [Fact]
    public void Never_takes_a_wish_back()
    {
        TimerWheel wheel = NewWheel(0);
        var target = new Target();
        wheel.Set(target.Node, 100_000);
        wheel.Set(target.Node, TimerNode.Never);

        wheel.Advance(10_000_000);

        Assert.Empty(target.Calls);
        Assert.Equal(0, wheel.Count);
    }

    private TimerWheel NewWheel(long now) => new(now, _failures.Add);

    private sealed class Target : TimerNode
    {
        public TimerNode Node => this;

        public List<long> Calls { get; } = [];

        public Action<long>? Does { get; set; }

        public override void OnTimer(long now)
        {
            Calls.Add(now);
            Does?.Invoke(now);
        }
    }

    /// <summary>Random operations on the wheel and on a plain list of deadlines.</summary>
    private sealed class Comparison
    {
        private readonly int _seed;
        private readonly Random _random;
        private readonly TimerWheel _wheel;
        private readonly Target[] _targets;
        private readonly long[] _deadlines;
        private long _now;

        public Comparison(int seed)
        {
            _seed = seed;
            _random = new Random(seed);
            _now = _random.NextInt64(1L << 40);
            _wheel = new TimerWheel(_now, error => Assert.Fail($"seed {seed}: {error}"));
            _targets = [.. Enumerable.Range(0, 1 + _random.Next(20)).Select(_ => new Target())];
            _deadlines = [.. _targets.Select(_ => TimerNode.Never)];
            for (int i = 0; i < _targets.Length; i++)
            {
                int self = i;
                _targets[i].Does = now => OnCalled(self, now);
            }
        }

        public void Run()
        {
            for (int step = 0; step < 60; step++)
            {
                Disturb(_random.Next(_targets.Length));
                if (_random.Next(3) == 0)
                {
                    Advance();
                }

                CheckWake();
            }
        }

        private void Disturb(int i)
        {
            if (_random.Next(6) == 0)
            {
                _wheel.Remove(_targets[i].Node);
                _deadlines[i] = TimerNode.Never;
            }
            else
            {
                _deadlines[i] = _random.Next(8) switch
                {
                    0 => TimerNode.Never,
                    1 => _now - _random.NextInt64(100_000),
                    2 => _now + _random.NextInt64(Tick * 512 * 4),
                    3 => _now + _random.NextInt64(Tick),
                    _ => _now + _random.NextInt64(3_000_000),
                };
                _wheel.Set(_targets[i].Node, _deadlines[i]);
                // What is late already when it is set is due at once.
                _deadlines[i] = Math.Max(_deadlines[i], _now);
            }
        }

        private void Advance()
        {
            _now += _random.Next(5) == 0 ? _random.NextInt64(Tick * 512 * 3) : _random.NextInt64(300_000);
            _wheel.Advance(_now);
            for (int i = 0; i < _targets.Length; i++)
            {
                Assert.False(_deadlines[i] <= _now - Tick, $"seed {_seed}: {_deadlines[i]} was missed at {_now}");
            }
        }

        private void OnCalled(int i, long now)
        {
            Assert.True(_deadlines[i] <= now, $"seed {_seed}: called at {now} instead of {_deadlines[i]}");
            _deadlines[i] = TimerNode.Never;
            if (_random.Next(3) == 0)
            {
                // Targets set and remove their own and other timers, those of this very sweep included.
                long before = _now;
                _now = now;
                Disturb(_random.Next(_targets.Length));
                _now = before;
            }
        }

        private void CheckWake()
        {
            long earliest = Math.Max(_now, _deadlines.Min());
            long wake = _wheel.NextWake(_now);
            if (_deadlines.Min() != TimerNode.Never)
            {
                Assert.True(wake >= 0, $"seed {_seed}: no wake-up for {earliest}");
                Assert.True(
                    _now + wake <= earliest + Tick, $"seed {_seed}: wakes {wake} after {_now}, due {earliest}");
            }

            Assert.True(_wheel.Count <= _targets.Length, $"seed {_seed}: {_wheel.Count} timers");
        }
    }
}
