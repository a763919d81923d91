using System.Runtime.CompilerServices;

namespace Proxy.Cluster.Engine;

/// <summary>An engine that cannot be opened yet: its file still belongs to the process before this one, or its folder
/// cannot be written. Until it is open, every call is a fault with the reason, and now and then a call tries again.
/// Any thread.</summary>
internal sealed class LateEngine(Func<EngineResult<IClusterEngine>> open, TimeProvider time) : IClusterEngine
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _opening = new(1, 1);
    private volatile IClusterEngine? _engine;
    private volatile bool _isClosed;
    private EngineFault _fault = EngineFault.Unavailable("not opened yet");
    private long? _triedAt;

    public EngineHealth Health => _engine?.Health ?? new EngineHealth(EngineState.Unavailable, "", _fault.Reason);

    public async ValueTask<EngineResult<ItemRead>> GetAsync(string key, CancellationToken cancellation) =>
        await OpenedAsync(cancellation) is { } engine ? await engine.GetAsync(key, cancellation) : _fault;

    public async ValueTask<EngineResult<Listing>> ListAsync(string prefix, CancellationToken cancellation) =>
        await OpenedAsync(cancellation) is { } engine ? await engine.ListAsync(prefix, cancellation) : _fault;

    public async ValueTask<EngineResult<CommitOutcome>> CommitAsync(
        EngineTransaction transaction, CancellationToken cancellation) =>
        await OpenedAsync(cancellation) is { } engine ? await engine.CommitAsync(transaction, cancellation) : _fault;

    public async IAsyncEnumerable<WatchSignal> WatchAsync(
        string prefix, Revision from, [EnumeratorCancellation] CancellationToken cancellation)
    {
        bool isStalled = false;
        IClusterEngine? engine;
        while ((engine = await OpenedAsync(cancellation)) is null)
        {
            if (!isStalled)
            {
                isStalled = true;
                yield return new WatchSignal.Stalled(_fault.Reason);
            }

            await Task.Delay(RetryAfter, time, cancellation);
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
        await OpenedAsync(cancellation) is { } engine ? await engine.GrantAsync(timeToLive, cancellation) : _fault;

    public async ValueTask<EngineResult<Lease>> KeepAliveAsync(LeaseId lease, CancellationToken cancellation) =>
        await OpenedAsync(cancellation) is { } engine ? await engine.KeepAliveAsync(lease, cancellation) : _fault;

    public async ValueTask<EngineResult<AttachedLease>> ReattachAsync(
        LeaseId lease, CancellationToken cancellation) =>
        await OpenedAsync(cancellation) is { } engine ? await engine.ReattachAsync(lease, cancellation) : _fault;

    public async ValueTask<EngineResult<Revision>> RevokeAsync(LeaseId lease, CancellationToken cancellation) =>
        await OpenedAsync(cancellation) is { } engine ? await engine.RevokeAsync(lease, cancellation) : _fault;

    /// <summary>Closes it for good, so that another process can have it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _opening.WaitAsync();
        try
        {
            _isClosed = true;
            _fault = EngineFault.Unavailable("closed");
            if (_engine is { } engine)
            {
                _engine = null;
                await engine.DisposeAsync();
            }
        }
        finally
        {
            _opening.Release();
        }
    }

    private async ValueTask<IClusterEngine?> OpenedAsync(CancellationToken cancellation)
    {
        if (_engine is { } open)
        {
            return open;
        }

        await _opening.WaitAsync(cancellation);
        try
        {
            return _engine ?? (_isClosed ? null : await TryOpenAsync());
        }
        finally
        {
            _opening.Release();
        }
    }

    private async ValueTask<IClusterEngine?> TryOpenAsync()
    {
        if (_triedAt is { } before && time.GetElapsedTime(before) < RetryAfter)
        {
            return null;
        }

        // Opening waits for the disk; whoever called may be an actor in its turn.
        await Task.Yield();
        EngineResult<IClusterEngine> opened = open();
        _triedAt = time.GetTimestamp();
        if (opened.IsOk)
        {
            return _engine = opened.Value;
        }

        _fault = opened.Fault;
        return null;
    }
}
