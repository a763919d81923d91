using Proxy.Cluster.Engine;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Engine;

/// <summary>A provider with its server, and what the contract must be able to do to it. Lives as long as its test
/// class; every test works below its own prefix.</summary>
public abstract class EngineUnderTest : IAsyncLifetime
{
    private int _tests;

    /// <summary>Clients of the same engine, as three nodes would have.</summary>
    internal abstract IReadOnlyList<IClusterEngine> Nodes { get; }

    internal abstract TimeProvider Time { get; }

    /// <summary>A client of the same engine that waits for an answer for <see cref="Deadline"/> only. The others may
    /// wait for longer: a busy machine is not what the contract is about.</summary>
    internal virtual IClusterEngine Impatient => Nodes[0];

    /// <summary>What a call of <see cref="Impatient"/> may take.</summary>
    internal abstract TimeSpan Deadline { get; }

    /// <summary>The shortest lease the engine grants.</summary>
    internal virtual TimeSpan ShortestLease => TimeSpan.FromSeconds(2);

    internal abstract ValueTask CompactAsync(Revision oldest);

    /// <summary>Breaks every connection, or the server, and gets it back with all it had acknowledged.</summary>
    internal abstract Task InterruptAsync();

    /// <summary>No call is answered any more, until <see cref="AnswerAsync"/>.</summary>
    internal abstract Task FallSilentAsync();

    internal abstract Task AnswerAsync();

    /// <summary>Lets time pass.</summary>
    internal virtual Task PassAsync(TimeSpan time) => Task.Delay(time, Time, TestContext.Current.CancellationToken);

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>Lets others go first.</summary>
    internal virtual async Task YieldAsync() => await Task.Yield();

    internal string NewPrefix() => $"test{_tests++}/";

    internal async Task<T> FinishAsync<T>(Task<T> work)
    {
        await UntilAsync(() => work.IsCompleted, () => "the end of all work");
        return await work;
    }

    internal async Task FinishAsync(Task work)
    {
        await UntilAsync(() => work.IsCompleted, () => "the end of all work");
        await work;
    }

    internal async Task UntilAsync(Func<bool> condition, Func<string> expected)
    {
        long begin = Time.GetTimestamp();
        while (!condition())
        {
            if (Time.GetElapsedTime(begin) > Wire.Patience)
            {
                throw new TimeoutException($"This did not happen in time: {expected()}");
            }

            await PassAsync(TimeSpan.FromMilliseconds(10));
        }
    }
}
