using System.Globalization;

namespace Proxy.Tests.Simulation;

/// <summary>The edge under a swarm of seeds. Whatever clients and origins do, nobody gets another's answer or half
/// of one, nothing is repeated that must not be, and nothing is left behind.</summary>
public sealed class EdgeSimulationTests
{
    private const int Seeds = 2400;

    [Fact]
    public void The_promises_hold_for_every_seed()
    {
        EdgeOutcome[] outcomes = RunAll(0, Seeds);

        string[] failures = [.. outcomes.Select(outcome => outcome.Failure).OfType<string>()];
        Assert.True(failures.Length == 0, $"{failures.Length} of {Seeds} failed\n{string.Join("\n\n", failures.Take(5))}");

        // A swarm in which nothing happens proves nothing.
        int requests = outcomes.Sum(outcome => outcome.Requests);
        int relayed = outcomes.Sum(outcome => outcome.Relayed);
        int refused = outcomes.Sum(outcome => outcome.Refused);
        Assert.InRange(outcomes.Count(outcome => outcome.IsVoid), 0, Seeds / 50);
        Assert.True(relayed > requests / 3 && refused > requests / 50, $"{requests} {relayed} {refused}");
    }

    [Fact]
    public void The_same_seed_gives_the_same_run_and_another_seed_another_one()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            Assert.Equal(EdgeSimulation.Run(seed).TraceHash, EdgeSimulation.Run(seed).TraceHash);
        }

        Assert.Equal(20, Enumerable.Range(0, 20).Select(seed => EdgeSimulation.Run(seed).TraceHash).Distinct().Count());
    }

    /// <summary>For replaying a failure: PROXY_SIM_SEED; for a long run also PROXY_SIM_COUNT; with
    /// PROXY_SIM_LOG what happened on the wires goes to that file.</summary>
    [Fact(Explicit = true)]
    public void One_seed_again()
    {
        int seed = Number("PROXY_SIM_SEED", 0);
        if (Environment.GetEnvironmentVariable("PROXY_SIM_LOG") is { Length: > 0 } file)
        {
            var lines = new List<string>();
            EdgeSimulation.Run(seed, lines.Add);
            File.WriteAllLines(file, lines);
        }

        EdgeOutcome[] outcomes = RunAll(seed, Number("PROXY_SIM_COUNT", 1));

        string[] failures = [.. outcomes.Select(outcome => outcome.Failure).OfType<string>()];
        TestContext.Current.SendDiagnosticMessage($"{outcomes.Count(outcome => outcome.IsVoid)} void");
        Assert.True(failures.Length == 0, $"{failures.Length} failed\n{string.Join("\n\n", failures.Take(20))}");
    }

    private static EdgeOutcome[] RunAll(int first, int count)
    {
        var outcomes = new EdgeOutcome[count];
        Parallel.For(0, count, i => outcomes[i] = EdgeSimulation.Run(unchecked(first + i)));
        return outcomes;
    }

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int number)
            ? number
            : otherwise;
}
