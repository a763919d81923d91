namespace Proxy.Cluster.Engine.Etcd;

/// <summary>One watch over as many streams as it takes. It goes on at the revision after the last one seen, so nothing
/// is missed or told twice. One reader.</summary>
internal sealed class EtcdWatch(
    EtcdConnection connection, EtcdOptions options, TimeProvider time, string prefix, Revision from) : IAsyncDisposable
{
    private const int MostBackoffs = 10;

    private Revision _next = from;
    private EtcdWatchStream? _stream;
    private Uri? _member;
    private int _failures;
    private string? _trouble;
    private bool _isStalled;
    private bool _hasNewToken;

    public async ValueTask<WatchSignal> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (_trouble is not null && !_isStalled)
            {
                _isStalled = true;
                return new WatchSignal.Stalled(_trouble);
            }

            if (_stream is null)
            {
                if (await OpenAsync(cancellation) is { } refused)
                {
                    return new WatchSignal.Ended(refused);
                }

                continue;
            }

            EngineResult<EtcdWatchReply> read = await _stream.ReadAsync(cancellation);
            if (read.Fault is { Kind: EngineFaultKind.Denied } denied)
            {
                return new WatchSignal.Ended(denied);
            }

            if (!read.IsOk)
            {
                await CloseAsync(read.Fault.Reason);
                continue;
            }

            if (await TakeAsync(read.Value) is { } signal)
            {
                return signal;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stream is not null)
        {
            await _stream.DisposeAsync();
        }
    }

    private async ValueTask<WatchSignal?> TakeAsync(EtcdWatchReply reply)
    {
        if (reply.IsCanceled)
        {
            if (reply.Compacted > default(Revision))
            {
                return new WatchSignal.Ended(EngineFault.Compacted(reply.Compacted));
            }

            if (reply.Reason.Contains("permission denied", StringComparison.Ordinal) && !RenewsToken())
            {
                return new WatchSignal.Ended(EngineFault.Denied(reply.Reason));
            }

            await CloseAsync(reply.Reason.Length > 0 ? reply.Reason : "the watch was cancelled");
            return null;
        }

        // The answer to our create, or anything at all later: this member is with the others.
        _failures = 0;
        _trouble = null;
        if (reply.Changes.Count > 0)
        {
            _next = reply.Changes[^1].Item.Modified.Next;
        }

        if (reply.IsCreated)
        {
            bool wasStalled = _isStalled;
            _isStalled = false;
            _hasNewToken = false;
            return wasStalled ? new WatchSignal.Resumed() : null;
        }

        return reply.Changes.Count > 0
            ? new WatchSignal.Batch(reply.Changes[^1].Item.Modified, reply.Changes)
            : null;
    }

    /// <summary>A watch with a token that ran out is refused in the same words as one without permission; the
    /// difference shows with a new token.</summary>
    private bool RenewsToken()
    {
        if (!connection.Login.IsNeeded || _hasNewToken)
        {
            return false;
        }

        connection.Login.Forget(_stream?.Token);
        _hasNewToken = true;
        return true;
    }

    /// <summary>A fault when there is no point in another try.</summary>
    private async ValueTask<EngineFault?> OpenAsync(CancellationToken cancellation)
    {
        if (_failures >= connection.Endpoints.Count)
        {
            // Every member had its chance: no faster than this.
            await Task.Delay(options.Backoff * Math.Min(_failures, MostBackoffs), time, cancellation);
        }

        // A watch stays with its own member; after a failure it takes the next one, not the one all calls use.
        _member = _member is null ? connection.Endpoints.Current : connection.Endpoints.After(_member);
        EngineResult<EtcdWatchStream> opened = await EtcdWatchStream.OpenAsync(
            connection, options, time, _member, EtcdRequests.CreateWatch(prefix, _next), cancellation);
        if (opened.IsOk)
        {
            _stream = opened.Value;
            return null;
        }

        await CloseAsync(opened.Fault.Reason);
        return opened.Fault is { Kind: EngineFaultKind.Denied } ? opened.Fault : null;
    }

    private async ValueTask CloseAsync(string reason)
    {
        _failures++;
        _trouble = reason;
        if (_stream is not null)
        {
            await _stream.DisposeAsync();
            _stream = null;
        }
    }
}
