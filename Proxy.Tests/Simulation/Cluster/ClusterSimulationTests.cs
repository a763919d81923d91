using System.Collections.Concurrent;
using System.Globalization;

namespace Proxy.Tests.Simulation.Cluster;

/// <summary>The whole cluster in one thread per seed: real actors and machines, simulated engine, network, clocks and
/// deaths. A failure prints its seed; `ops/sim --seed N` tells its story.</summary>
public sealed class ClusterSimulationTests
{
    private const int PerTest = 500;

    [Theory]
    [InlineData(1)]
    [InlineData(1 + PerTest)]
    [InlineData(1 + (2 * PerTest))]
    [InlineData(1 + (3 * PerTest))]
    public void Whatever_happens_the_cluster_keeps_its_promises(int first)
    {
        ClusterOutcome[] outcomes = PlayAll(first, PerTest);

        // The promises are only worth something when there was something to keep.
        Assert.True(outcomes.Average(static one => one.Sessions) > 20, "hardly a session was kept");
        Assert.True(outcomes.Average(static one => one.Committed) > 2, "hardly a revision was committed");
        Assert.True(outcomes.Average(static one => one.Terms) > 4, "hardly a singleton moved");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(44)]
    [InlineData(555)]
    public void The_same_seed_runs_the_same(int seed)
    {
        Assert.Equal(ClusterRun.Play(seed), ClusterRun.Play(seed));
        Assert.NotEqual(ClusterRun.Play(seed).TraceHash, ClusterRun.Play(seed + 1).TraceHash);
    }

    /// <summary>For `ops/sim`: one seed with its story, or many.</summary>
    [Fact(Explicit = true)]
    public void As_many_seeds_as_one_likes()
    {
        int first = Number("PROXY_SIM_SEED", 1);
        int count = Number("PROXY_SIM_COUNT", 1);
        if (count > 1)
        {
            PlayAll(first, count);
            return;
        }

        using var trace = new StreamWriter(Environment.GetEnvironmentVariable("PROXY_SIM_TRACE") ?? "sim.trace");
        trace.WriteLine(ClusterRun.Play(first, trace));
    }

    private static ClusterOutcome[] PlayAll(int first, int count)
    {
        var failures = new ConcurrentQueue<string>();
        var outcomes = new ConcurrentBag<ClusterOutcome>();
        // Not all cores: tests with real sockets run beside this one.
        var half = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(2, Environment.ProcessorCount / 2) };
        Parallel.For(first, first + count, half, (seed, loop) =>
        {
            try
            {
                outcomes.Add(ClusterRun.Play(seed));
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                failures.Enqueue($"seed {seed}: {(error is InvalidOperationException ? error.Message : error)}");
                if (failures.Count >= 10)
                {
                    loop.Stop();
                }
            }
        });
        Assert.True(
            failures.IsEmpty, $"{failures.Count} of {outcomes.Count} failed\n{string.Join("\n\n", failures)}");
        return [.. outcomes];
    }

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int number)
            ? number : otherwise;
}
