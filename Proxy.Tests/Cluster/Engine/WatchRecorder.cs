using Proxy.Cluster.Engine;

namespace Proxy.Tests.Cluster.Engine;

/// <summary>Runs a watch and notes what it says.</summary>
internal sealed class WatchRecorder : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<WatchSignal> _signals = [];
    private readonly Task _run;

    public WatchRecorder(IClusterEngine engine, string prefix, Revision from) =>
        _run = RunAsync(engine.WatchAsync(prefix, from, _stop.Token));

    public IReadOnlyList<WatchSignal> Signals
    {
        get
        {
            lock (_lock)
            {
                return [.. _signals];
            }
        }
    }

    public IReadOnlyList<WatchSignal.Batch> Batches => [.. Signals.OfType<WatchSignal.Batch>()];

    public IReadOnlyList<EngineChange> Changes => [.. Batches.SelectMany(static batch => batch.Changes)];

    public EngineFault? Ended => Signals.OfType<WatchSignal.Ended>().SingleOrDefault()?.Fault;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }

    private async Task RunAsync(IAsyncEnumerable<WatchSignal> signals)
    {
        try
        {
            await foreach (WatchSignal signal in signals)
            {
                lock (_lock)
                {
                    _signals.Add(signal);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end of the test.
        }
    }
}
