using System.Globalization;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>Many requests while origins die and return; no answer may be wrong, missing or another request's.
/// `ops/soak` runs it with more requests than the suite does.</summary>
[Trait("Suite", "Functional")]
public sealed class SoakTests
{
    private static int Requests => int.Parse(
        Environment.GetEnvironmentVariable("PROXY_SOAK_REQUESTS") ?? "30000", CultureInfo.InvariantCulture);

    [Fact]
    public async Task No_answer_is_wrong_while_origins_die_and_return()
    {
        await using var a = Load.Origin("a");
        await using var b = Load.Origin("b");
        await using var c = Load.Origin("c");
        ScriptedOrigin[] origins = [a, b, c];
        await using var node = await NodeProcess.StartAsync(new NodeSettings
        {
            Workers = 2,
            Rules = $$"""
                routes = [ { match { path = "/" }, pool = app } ]
                pools { app {
                  members = [ {{NodeSettings.Members(a.Url, b.Url, c.Url)}} ]
                  health { active { path = "/health", interval = 300ms, timeout = 3s, rise = 1, fall = 2 } }
                } }
                """,
        });
        await using var load = new Load(node.Port, 32, Requests);

        var finished = load.FinishAsync();
        for (var victim = 0; !finished.IsCompleted; victim = (victim + 1) % origins.Length)
        {
            await origins[victim].KillAsync();
            await PauseAsync(TimeSpan.FromMilliseconds(200));
            origins[victim].Restart();
            await PauseAsync(TimeSpan.FromMilliseconds(500));
        }

        await load.AssertNothingFailedAsync();
        Assert.Equal(Requests, load.Answered);
        Assert.False(node.Child.HasEnded);
    }

    private static Task PauseAsync(TimeSpan span) =>
        Task.Delay(span, TimeProvider.System, TestContext.Current.CancellationToken);
}
