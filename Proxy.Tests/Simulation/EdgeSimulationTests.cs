using System.Globalization;

namespace Proxy.Tests.Simulation;

/// <summary>The edge under a swarm of seeds. Whatever clients and origins do, nobody gets another's answer or half
/// of one, nothing is repeated that must not be, and nothing is left behind.</summary>
public sealed class EdgeSimulationTests
{
    [Theory]
    [InlineData(2400, false)]
    [InlineData(800, true)]
    public void The_promises_hold_for_every_seed(int seeds, bool http2)
    {
        EdgeOutcome[] outcomes = RunAll(0, seeds, http2);

        string[] failures = [.. outcomes.Select(outcome => outcome.Failure).OfType<string>()];
        Assert.True(failures.Length == 0, $"{failures.Length} of {seeds} failed\n{string.Join("\n\n", failures.Take(5))}");

        // A swarm in which nothing happens proves nothing.
        int requests = outcomes.Sum(outcome => outcome.Requests);
        int relayed = outcomes.Sum(outcome => outcome.Relayed);
        int refused = outcomes.Sum(outcome => outcome.Refused);
        Assert.InRange(outcomes.Count(outcome => outcome.IsVoid), 0, seeds / 50);
        Assert.True(relayed > requests / 3 && refused > requests / 50, $"{requests} {relayed} {refused}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_same_seed_gives_the_same_run_and_another_seed_another_one(bool http2)
    {
        ulong Trace(int seed) => EdgeSimulation.Run(seed, http2: http2).TraceHash;
        for (int seed = 0; seed < 20; seed++)
        {
            Assert.Equal(Trace(seed), Trace(seed));
        }

        Assert.Equal(20, Enumerable.Range(0, 20).Select(Trace).Distinct().Count());
    }

    /// <summary>For replaying a failure: PROXY_SIM_SEED; for a long run also PROXY_SIM_COUNT; with
    /// PROXY_SIM_HTTP2 clients speak that; with PROXY_SIM_LOG what happened on the wires goes to that file.</summary>
    [Fact(Explicit = true)]
    public void One_seed_again()
    {
        int seed = Number("PROXY_SIM_SEED", 0);
        bool http2 = Number("PROXY_SIM_HTTP2", 0) > 0;
        if (Environment.GetEnvironmentVariable("PROXY_SIM_LOG") is { Length: > 0 } file)
        {
            var lines = new List<string>();
            EdgeSimulation.Run(seed, lines.Add, http2);
            File.WriteAllLines(file, lines);
        }

        EdgeOutcome[] outcomes = RunAll(seed, Number("PROXY_SIM_COUNT", 1), http2);

        string[] failures = [.. outcomes.Select(outcome => outcome.Failure).OfType<string>()];
        TestContext.Current.SendDiagnosticMessage($"{outcomes.Count(outcome => outcome.IsVoid)} void");
        Assert.True(failures.Length == 0, $"{failures.Length} failed\n{string.Join("\n\n", failures.Take(20))}");
    }

    private static EdgeOutcome[] RunAll(int first, int count, bool http2)
    {
        var outcomes = new EdgeOutcome[count];
        Parallel.For(0, count, i => outcomes[i] = EdgeSimulation.Run(unchecked(first + i), http2: http2));
        return outcomes;
    }

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int number)
            ? number
            : otherwise;
}
