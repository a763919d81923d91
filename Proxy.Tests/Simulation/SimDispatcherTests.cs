using Proxy.Actors.Runtime;

namespace Proxy.Tests.Simulation;

public sealed class SimDispatcherTests
{
    [Fact]
    public void The_same_seed_gives_the_same_trace_and_another_seed_another_one()
    {
        Assert.Equal(Trace(seed: 7), Trace(seed: 7));
        Assert.Equal(50, Enumerable.Range(0, 50).Select(Trace).Distinct().Count());
    }

    [Fact]
    public void The_seed_decides_who_runs_first()
    {
        var firsts = Enumerable.Range(0, 50).Select(seed =>
        {
            var sim = new SimDispatcher(seed);
            var order = new List<string>();
            sim.Schedule(new Turn("a", order.Add));
            sim.Schedule(new Turn("b", order.Add));
            sim.RunUntilIdle();
            return order[0];
        });

        Assert.Equal(["a", "b"], firsts.Distinct().Order());
    }

    [Fact]
    public void Everybody_rests_before_the_next_timer_fires()
    {
        var sim = new SimDispatcher(1);
        var order = new List<string>();
        var turn = new Turn("first", order.Add);
        sim.Time.CreateTimer(_ => sim.Schedule(turn), null, Seconds(1), Timeout.InfiniteTimeSpan);
        sim.Time.CreateTimer(_ => order.Add("second"), null, Seconds(1), Timeout.InfiniteTimeSpan);

        sim.Advance(Seconds(1));

        Assert.Equal(["first", "second"], order);
    }

    [Fact]
    public void Actors_that_never_rest_are_an_error_with_the_seed()
    {
        var sim = new SimDispatcher(99);
        void Again(string path) => sim.Schedule(new Turn(path, Again));
        Again("busy");

        var error = Assert.Throws<InvalidOperationException>(sim.RunUntilIdle);
        Assert.Contains("Seed 99", error.Message, StringComparison.Ordinal);
    }

    private static ulong Trace(int seed)
    {
        var sim = new SimDispatcher(seed);
        var left = 100;
        void Spread(string path)
        {
            for (var i = sim.Random.Next(3); i > 0 && left > 0; i--, left--)
            {
                sim.Schedule(new Turn($"{path}{i}", Spread));
            }
        }

        for (var i = 0; i < 20; i++)
        {
            sim.Schedule(new Turn($"{i}", Spread));
        }

        sim.RunUntilIdle();
        return sim.TraceHash;
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private sealed class Turn(string path, Action<string> run) : IRunnable
    {
        public string Path => path;

        public void Execute() => run(path);
    }
}
