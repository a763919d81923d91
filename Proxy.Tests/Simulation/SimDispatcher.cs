using Proxy.Actors.Runtime;

namespace Proxy.Tests.Simulation;

/// <summary>
/// Gives turns on the calling thread, in an order and of a length drawn from the seed, under a virtual clock. The
/// same seed and the same calls give the same <see cref="TraceHash"/>; a test that fails prints the seed and can be
/// run again.
/// </summary>
public sealed class SimDispatcher : IDispatcher
{
    private const ulong FnvPrime = 1099511628211;
    private const int TailLength = 64;
    private const int MostTurnsWithoutRest = 1_000_000;
    private const int MostTimersAtOnce = 100_000;

    private readonly List<IRunnable> _ready = [];
    private readonly Random _order;
    private readonly Queue<(TimeSpan At, string What)> _tail = new();
    private bool _running;

    public SimDispatcher(int seed)
    {
        Seed = seed;
        _order = new Random(seed);
        Random = new SeededRandom(unchecked(seed * 31 + 17));
    }

    public int Seed { get; }

    public VirtualTime Clock { get; } = new();

    public TimeProvider Time => Clock;

    /// <summary>For actors and for the test itself; scheduling draws from another sequence.</summary>
    public IRandom Random { get; }

    /// <summary>Short and varying, to try many interleavings.</summary>
    public int MessagesPerTurn => 1 + _order.Next(4);

    public long Turns { get; private set; }

    /// <summary>Over every turn (who, when) and every <see cref="Note"/>.</summary>
    public ulong TraceHash { get; private set; } = 14695981039346656037;

    /// <summary>The last steps, for messages of failing tests.</summary>
    public string Tail => string.Join('\n', _tail.Select(step => $"{step.At} {step.What}"));

    public void Schedule(IRunnable runnable) => _ready.Add(runnable);

    public IDispatcher Dedicated(string name) => this;

    /// <summary>Adds an observation to the trace.</summary>
    public void Note(string what)
    {
        foreach (var letter in what)
        {
            Mix(letter);
        }

        Mix((ulong)Clock.Elapsed.Ticks);
        if (_tail.Count == TailLength)
        {
            _tail.Dequeue();
        }

        _tail.Enqueue((Clock.Elapsed, what));
    }

    /// <summary>One turn; false when nobody is ready.</summary>
    public bool Step()
    {
        if (_ready.Count == 0)
        {
            return false;
        }

        var pick = _order.Next(_ready.Count);
        var runnable = _ready[pick];
        _ready[pick] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        Turns++;
        Note(runnable.Path);
        runnable.Execute();
        return true;
    }

    /// <summary>Without moving the clock. Throws when the actors keep each other busy for ever.</summary>
    public void RunUntilIdle() => Run(Settle);

    /// <summary>Moves the clock and fires timers in order; between two of them everybody comes to rest.</summary>
    public void Advance(TimeSpan by)
    {
        var target = Clock.Elapsed + by;
        Run(() =>
        {
            Settle();
            TimeSpan at = Clock.Elapsed;
            for (int fired = 0; Clock.FireNext(target); fired++)
            {
                Settle();
                if (at != Clock.Elapsed)
                {
                    (at, fired) = (Clock.Elapsed, 0);
                }

                if (fired >= MostTimersAtOnce)
                {
                    throw new InvalidOperationException($"Seed {Seed}: time stands still at {at}.\n{Tail}");
                }
            }
        });
        Clock.JumpTo(target);
    }

    private void Settle()
    {
        for (var turn = 0; Step(); turn++)
        {
            if (turn >= MostTurnsWithoutRest)
            {
                throw new InvalidOperationException($"Seed {Seed}: no rest after {turn} turns.\n{Tail}");
            }
        }
    }

    private void Run(Action work)
    {
        if (_running)
        {
            throw new InvalidOperationException("The simulation is running already; actors must not drive it.");
        }

        // Continuations must run here and not hop to a test runner's context.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        _running = true;
        try
        {
            work();
        }
        finally
        {
            _running = false;
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private void Mix(ulong value)
    {
        TraceHash = unchecked((TraceHash ^ value) * FnvPrime);
    }
}
