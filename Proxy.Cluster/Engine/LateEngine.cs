using System.Runtime.CompilerServices;

namespace Proxy.Cluster.Engine;

/// <summary>An engine that may have to wait to be opened. Until it is open, every call is a fault with the reason, and
/// now and then a call tries again. Any thread.</summary>
internal sealed class LateEngine(Func<EngineResult<IClusterEngine>> open, TimeProvider time) : IClusterEngine
{
    private readonly LateOpening<IClusterEngine> _late = new(open, time);

    public EngineHealth Health => _late.Opened?.Health ?? new EngineHealth(
        EngineState.Unavailable, "", _late.Fault.Reason);

    public ValueTask<EngineResult<ItemRead>> GetAsync(string key, CancellationToken cancellation) =>
        OpenedAsync(engine => engine.GetAsync(key, cancellation), cancellation);

    public ValueTask<EngineResult<Listing>> ListAsync(string prefix, CancellationToken cancellation) =>
        OpenedAsync(engine => engine.ListAsync(prefix, cancellation), cancellation);

    public ValueTask<EngineResult<CommitOutcome>> CommitAsync(
        EngineTransaction transaction, CancellationToken cancellation) =>
        OpenedAsync(engine => engine.CommitAsync(transaction, cancellation), cancellation);

    public async IAsyncEnumerable<WatchSignal> WatchAsync(
        string prefix, Revision from, [EnumeratorCancellation] CancellationToken cancellation)
    {
        bool isStalled = false;
        IClusterEngine? engine;
        while ((engine = await _late.OpenedAsync(cancellation)) is null)
        {
            if (!isStalled)
            {
                isStalled = true;
                yield return new WatchSignal.Stalled(_late.Fault.Reason);
            }

            await Task.Delay(LateOpening<IClusterEngine>.RetryAfter, time, cancellation);
        }

        if (isStalled)
        {
            yield return new WatchSignal.Resumed();
        }

        await foreach (WatchSignal signal in engine.WatchAsync(prefix, from, cancellation))
        {
            yield return signal;
        }
    }

    public ValueTask<EngineResult<Lease>> GrantAsync(TimeSpan timeToLive, CancellationToken cancellation) =>
        OpenedAsync(engine => engine.GrantAsync(timeToLive, cancellation), cancellation);

    public ValueTask<EngineResult<Lease>> KeepAliveAsync(LeaseId lease, CancellationToken cancellation) =>
        OpenedAsync(engine => engine.KeepAliveAsync(lease, cancellation), cancellation);

    public ValueTask<EngineResult<AttachedLease>> ReattachAsync(LeaseId lease, CancellationToken cancellation) =>
        OpenedAsync(engine => engine.ReattachAsync(lease, cancellation), cancellation);

    public ValueTask<EngineResult<Revision>> RevokeAsync(LeaseId lease, CancellationToken cancellation) =>
        OpenedAsync(engine => engine.RevokeAsync(lease, cancellation), cancellation);

    /// <summary>Closes it for good, so that another process can have it.</summary>
    public ValueTask DisposeAsync() => _late.DisposeAsync();

    private async ValueTask<EngineResult<T>> OpenedAsync<T>(
        Func<IClusterEngine, ValueTask<EngineResult<T>>> call, CancellationToken cancellation) =>
        await _late.OpenedAsync(cancellation) is { } engine ? await call(engine) : _late.Fault;
}
