using System.Runtime.CompilerServices;

namespace Proxy.Cluster.Engine;

/// <summary>An engine that may have to wait to be opened. Until it is open, every call is a fault with the reason, and
/// now and then a call tries again. Any thread.</summary>
internal sealed class LateEngine(Func<EngineResult<IClusterEngine>> open, TimeProvider time) : IClusterEngine
{
    private readonly LateOpening<IClusterEngine> _late = new(open, time);

    public EngineHealth Health => _late.Opened?.Health ?? new EngineHealth(
        EngineState.Unavailable, "", _late.Fault.Reason);

    public async ValueTask<EngineResult<ItemRead>> GetAsync(string key, CancellationToken cancellation) =>
        await _late.OpenedAsync(cancellation) is { } engine ? await engine.GetAsync(key, cancellation) : _late.Fault;

    public async ValueTask<EngineResult<Listing>> ListAsync(string prefix, CancellationToken cancellation) =>
        await _late.OpenedAsync(cancellation) is { } engine
            ? await engine.ListAsync(prefix, cancellation)
            : _late.Fault;

    public async ValueTask<EngineResult<CommitOutcome>> CommitAsync(
        EngineTransaction transaction, CancellationToken cancellation) =>
        await _late.OpenedAsync(cancellation) is { } engine
            ? await engine.CommitAsync(transaction, cancellation)
            : _late.Fault;

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

    public async ValueTask<EngineResult<Lease>> GrantAsync(TimeSpan timeToLive, CancellationToken cancellation) =>
        await _late.OpenedAsync(cancellation) is { } engine
            ? await engine.GrantAsync(timeToLive, cancellation)
            : _late.Fault;

    public async ValueTask<EngineResult<Lease>> KeepAliveAsync(LeaseId lease, CancellationToken cancellation) =>
        await _late.OpenedAsync(cancellation) is { } engine
            ? await engine.KeepAliveAsync(lease, cancellation)
            : _late.Fault;

    public async ValueTask<EngineResult<AttachedLease>> ReattachAsync(
        LeaseId lease, CancellationToken cancellation) =>
        await _late.OpenedAsync(cancellation) is { } engine
            ? await engine.ReattachAsync(lease, cancellation)
            : _late.Fault;

    public async ValueTask<EngineResult<Revision>> RevokeAsync(LeaseId lease, CancellationToken cancellation) =>
        await _late.OpenedAsync(cancellation) is { } engine
            ? await engine.RevokeAsync(lease, cancellation)
            : _late.Fault;

    /// <summary>Closes it for good, so that another process can have it.</summary>
    public ValueTask DisposeAsync() => _late.DisposeAsync();
}
