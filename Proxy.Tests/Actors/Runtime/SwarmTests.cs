namespace Proxy.Tests.Actors.Runtime;

/// <summary>
/// A small tree under random messages, failures, stops, watches, timers and piped work. The rules of the life cycle
/// must hold for every seed, and the same seed must give the same run.
/// </summary>
public sealed class SwarmTests
{
    private const int Seeds = 600;

    [Fact]
    public void The_rules_of_life_hold_for_every_seed()
    {
        var handled = 0;
        var restarts = 0;
        var notices = 0;
        for (var seed = 0; seed < Seeds; seed++)
        {
            var run = new SwarmRun(seed);
            run.Play();
            run.Finish();
            handled += run.Handled;
            restarts += run.Restarts;
            notices += run.Notices;
        }

        // A swarm in which nothing happens proves nothing.
        Assert.True(handled > 20 * Seeds && restarts > Seeds && notices > Seeds, $"{handled} {restarts} {notices}");
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            Assert.Equal(Trace(seed), Trace(seed));
        }

        Assert.Equal(40, Enumerable.Range(0, 40).Select(Trace).Distinct().Count());
    }

    private static ulong Trace(int seed)
    {
        var run = new SwarmRun(seed);
        run.Play();
        run.Finish();
        return run.TraceHash;
    }
}
