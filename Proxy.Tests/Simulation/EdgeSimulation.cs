using System.Globalization;

namespace Proxy.Tests.Simulation;

/// <summary>What became of one run.</summary>
/// <param name="TraceHash">Over everything that happened and when.</param>
/// <param name="Relayed">Complete answers of origins that clients have read.</param>
/// <param name="Refused">Complete answers of the proxy's own.</param>
/// <param name="IsVoid">An origin desynchronised its connection in a way nobody could notice, so the rest proves
/// nothing.</param>
/// <param name="Failure">The first promise that was broken, with the seed; null when all were kept.</param>
public sealed record EdgeOutcome(
    int Seed, ulong TraceHash, int Requests, int Relayed, int Refused, bool IsVoid, string? Failure);

/// <summary>The real client, exchange, origin and pool code between simulated clients and origins: one seed, one
/// run.</summary>
public static class EdgeSimulation
{
    /// <summary>What a failure says about running it again.</summary>
    public static string Replay(int seed, bool http2) => string.Create(
        CultureInfo.InvariantCulture,
        $"PROXY_SIM_SEED={seed} {(http2 ? "PROXY_SIM_HTTP2=1 " : "")}ops/test -explicit only -method '*{nameof(EdgeSimulationTests.One_seed_again)}'");

    /// <param name="log">Gets what happens on the wires.</param>
    /// <param name="http2">Clients speak HTTP/2.</param>
    public static EdgeOutcome Run(int seed, Action<string>? log = null, bool http2 = false)
    {
        var run = new EdgeSimulationRun(seed, http2);
        if (log is not null)
        {
            run.Loop.Log = line => log($"{run.Loop.Now} {line}");
        }

        string? failure;
        try
        {
            run.Play();
            failure = run.Ledger.Failure;
        }
        catch (Exception error)
        {
            failure = error.ToString();
        }

        return new EdgeOutcome(
            seed,
            run.Loop.TraceHash,
            run.Ledger.RequestCount,
            run.Ledger.Relayed,
            run.Ledger.Refused,
            run.Ledger.IsVoid,
            failure is null ? null : $"seed {seed} ({run.Plan}): {failure}\n{Replay(seed, http2)}");
    }
}
