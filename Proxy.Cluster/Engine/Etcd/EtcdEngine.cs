using System.Runtime.CompilerServices;

namespace Proxy.Cluster.Engine.Etcd;

/// <summary>etcd v3 by its gRPC protocol. Opening connects to nothing; the first call does.</summary>
internal sealed class EtcdEngine : IClusterEngine
{
    private readonly EtcdOptions _options;
    private readonly TimeProvider _time;
    private readonly EtcdConnection _connection;
    private readonly CancellationTokenSource _closed = new();
    private volatile EngineHealth _health;

    public EtcdEngine(EtcdOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _connection = new EtcdConnection(options, time);
        _health = EngineHealth.Unknown(options.ToString());
    }

    public EngineHealth Health => _health;

    public async ValueTask<EngineResult<ItemRead>> GetAsync(string key, CancellationToken cancellation)
    {
        ProtoWriter message = EtcdRequests.Get(EngineKey.Checked(key));
        EngineResult<byte[]> reply = await CallAsync(EtcdRequests.Range, message, isRead: true, cancellation);
        return reply.IsOk
            ? new ItemRead(EtcdReplies.Items(reply.Value).FirstOrDefault(), EtcdReplies.RevisionOf(reply.Value))
            : reply.Fault;
    }

    public async ValueTask<EngineResult<Listing>> ListAsync(string prefix, CancellationToken cancellation)
    {
        ProtoWriter message = EtcdRequests.List(EngineKey.CheckedPrefix(prefix));
        EngineResult<byte[]> reply = await CallAsync(EtcdRequests.Range, message, isRead: true, cancellation);
        return reply.IsOk
            ? new Listing(EtcdReplies.Items(reply.Value), EtcdReplies.RevisionOf(reply.Value))
            : reply.Fault;
    }

    public async ValueTask<EngineResult<CommitOutcome>> CommitAsync(
        EngineTransaction transaction, CancellationToken cancellation)
    {
        ProtoWriter message = EtcdRequests.Commit(transaction);
        EngineResult<byte[]> reply = await CallAsync(
            EtcdRequests.Txn, message, transaction.Writes.Count == 0, cancellation);
        return reply.IsOk ? EtcdReplies.Outcome(reply.Value) : reply.Fault;
    }

    public async IAsyncEnumerable<WatchSignal> WatchAsync(
        string prefix, Revision from, [EnumeratorCancellation] CancellationToken cancellation)
    {
        EngineKey.CheckedPrefix(prefix);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closed.Token);
        await using var watch = new EtcdWatch(_connection, _options, _time, prefix, from);
        while (true)
        {
            WatchSignal signal = await watch.NextAsync(stop.Token);
            yield return signal;
            if (signal is WatchSignal.Ended)
            {
                yield break;
            }
        }
    }

    public async ValueTask<EngineResult<Lease>> GrantAsync(TimeSpan timeToLive, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeToLive, TimeSpan.Zero);
        long sentAt = _time.GetTimestamp();
        ProtoWriter message = EtcdRequests.Grant((long)Math.Ceiling(timeToLive.TotalSeconds));
        EngineResult<byte[]> reply = await CallAsync(EtcdRequests.LeaseGrant, message, isRead: false, cancellation);
        if (!reply.IsOk)
        {
            return reply.Fault;
        }

        (LeaseId id, TimeSpan granted) = EtcdReplies.Lease(reply.Value);
        return new Lease(id, granted, sentAt);
    }

    /// <summary>On two members at once: one that is frozen or cut off must not cost the lease. The first success
    /// counts; that the lease has ended is believed when nobody knows better.</summary>
    public async ValueTask<EngineResult<Lease>> KeepAliveAsync(LeaseId lease, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        long sentAt = _time.GetTimestamp();
        Uri first = _connection.Endpoints.Current;
        Uri second = _connection.Endpoints.After(first);
        Task<EngineResult<Lease>> one = KeepAliveAsync(first, lease, sentAt, cancellation);
        if (second == first)
        {
            return Noted(first, await one);
        }

        Task<EngineResult<Lease>> two = KeepAliveAsync(second, lease, sentAt, cancellation);
        Task<EngineResult<Lease>> winner = await Task.WhenAny(one, two);
        EngineResult<Lease> result = await winner;
        if (!result.IsOk)
        {
            if (winner == one && result.Fault is { Kind: EngineFaultKind.Unavailable })
            {
                _connection.Endpoints.Leave(first);
            }

            EngineResult<Lease> other = await (winner == one ? two : one);
            result = other.IsOk || result.Fault is { Kind: EngineFaultKind.Unavailable } ? other : result;
        }

        return Noted(winner == one ? first : second, result);
    }

    public async ValueTask<EngineResult<AttachedLease>> ReattachAsync(LeaseId lease, CancellationToken cancellation)
    {
        EngineResult<Lease> kept = await KeepAliveAsync(lease, cancellation);
        if (!kept.IsOk)
        {
            return kept.Fault;
        }

        ProtoWriter message = EtcdRequests.LeaseKeys(lease);
        EngineResult<byte[]> reply = await CallAsync(EtcdRequests.LeaseTimeToLive, message, isRead: true, cancellation);
        if (!reply.IsOk)
        {
            return reply.Fault;
        }

        return EtcdReplies.Lease(reply.Value).TimeToLive > TimeSpan.Zero
            ? new AttachedLease(kept.Value, EtcdReplies.LeaseKeys(reply.Value))
            : EngineFault.Lost(lease);
    }

    public async ValueTask<EngineResult<Revision>> RevokeAsync(LeaseId lease, CancellationToken cancellation)
    {
        EngineResult<byte[]> reply = await CallAsync(
            EtcdRequests.LeaseRevoke, EtcdRequests.OfLease(lease), isRead: false, cancellation);
        if (reply.IsOk)
        {
            return EtcdReplies.RevisionOf(reply.Value);
        }

        return reply.Fault is { Kind: EngineFaultKind.LeaseLost } ? default(Revision) : reply.Fault;
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        _connection.Dispose();
    }

    private async Task<EngineResult<Lease>> KeepAliveAsync(
        Uri member, LeaseId lease, long sentAt, CancellationToken cancellation)
    {
        GrpcReply reply = await _connection.CallAsync(
            member, EtcdRequests.LeaseKeepAlive, EtcdRequests.OfLease(lease), _options.Deadline, cancellation);
        if (reply.Status.Code != GrpcCode.Ok)
        {
            return EtcdConnection.FaultOf(reply.Status);
        }

        TimeSpan timeToLive = EtcdReplies.Lease(reply.Message).TimeToLive;
        return timeToLive > TimeSpan.Zero ? new Lease(lease, timeToLive, sentAt) : EngineFault.Lost(lease);
    }

    private async ValueTask<EngineResult<byte[]>> CallAsync(
        string method, ProtoWriter message, bool isRead, CancellationToken cancellation)
    {
        (EngineResult<byte[]> result, Uri member) = await _connection.CallAsync(method, message, isRead, cancellation);
        return Noted(member, result);
    }

    private EngineResult<T> Noted<T>(Uri member, EngineResult<T> result)
    {
        _health = result.Fault is { Kind: EngineFaultKind.Unavailable or EngineFaultKind.Denied } fault
            ? new EngineHealth(EngineState.Unavailable, member.ToString(), fault.Reason)
            : new EngineHealth(EngineState.Available, member.ToString(), "");
        return result;
    }
}
