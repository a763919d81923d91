namespace Proxy.Cluster.Engine;

/// <summary>Something that cannot be opened yet: its file still belongs to the process before this one, or its folder
/// cannot be written. Now and then whoever asks for it tries again. Any thread.</summary>
internal sealed class LateOpening<T>(Func<EngineResult<T>> open, TimeProvider time) : IAsyncDisposable
    where T : class, IAsyncDisposable
{
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _opening = new(1, 1);
    private volatile T? _opened;
    private volatile bool _isClosed;
    private volatile EngineFault _fault = EngineFault.Unavailable("not opened yet");
    private long? _triedAt;

    /// <summary>Null = not yet, or no longer.</summary>
    public T? Opened => _opened;

    /// <summary>Why it is not open.</summary>
    public EngineFault Fault => _fault;

    public async ValueTask<T?> OpenedAsync(CancellationToken cancellation)
    {
        if (_opened is { } opened)
        {
            return opened;
        }

        await _opening.WaitAsync(cancellation);
        try
        {
            return _opened ?? (_isClosed ? null : await TryOpenAsync());
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>Closes it for good, so that another process can have it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _opening.WaitAsync();
        try
        {
            _isClosed = true;
            _fault = EngineFault.Unavailable("closed");
            if (_opened is { } opened)
            {
                _opened = null;
                await opened.DisposeAsync();
            }
        }
        finally
        {
            _opening.Release();
        }
    }

    private async ValueTask<T?> TryOpenAsync()
    {
        if (_triedAt is { } before && time.GetElapsedTime(before) < RetryAfter)
        {
            return null;
        }

        // Opening waits for the disk; whoever called may be an actor in its turn.
        await Task.Yield();
        EngineResult<T> result = open();
        _triedAt = time.GetTimestamp();
        if (result.IsOk)
        {
            return _opened = result.Value;
        }

        _fault = result.Fault;
        return null;
    }
}
