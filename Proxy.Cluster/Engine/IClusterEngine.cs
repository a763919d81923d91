namespace Proxy.Cluster.Engine;

/// <summary>The small, slow and precious part of the cluster: who is a member, who owns which singleton, which
/// configuration is current. Not for anything that grows with traffic.
/// <para>Contract, the same for every provider and proved by one suite. All writes of the whole cluster form one
/// sequence; each transaction that writes takes the next <see cref="Revision"/>. Reads see every write acknowledged
/// before they began. Every call ends within the deadline of the provider's options and may be called from any thread.
/// A failure is a value. <see cref="EngineFaultKind.Unavailable"/> of a write leaves open whether it happened: read
/// before trying again, or compare so that the second try cannot apply twice.</para></summary>
internal interface IClusterEngine : IAsyncDisposable
{
    /// <summary>As seen by the latest calls and watches; costs nothing to read.</summary>
    EngineHealth Health { get; }

    ValueTask<EngineResult<ItemRead>> GetAsync(string key, CancellationToken cancellation);

    /// <summary>All items whose key begins with the prefix, by key in ordinal order, of one moment.</summary>
    ValueTask<EngineResult<Listing>> ListAsync(string prefix, CancellationToken cancellation);

    /// <summary>All or nothing. Failed compares are no fault but an outcome.</summary>
    ValueTask<EngineResult<CommitOutcome>> CommitAsync(
        EngineTransaction transaction, CancellationToken cancellation);

    /// <summary>Every change of keys with that prefix from that revision on: in order, none missing, none twice, no
    /// revision cut in two, across lost connections. Ends after <see cref="WatchSignal.Ended"/> or by
    /// cancellation.</summary>
    IAsyncEnumerable<WatchSignal> WatchAsync(string prefix, Revision from, CancellationToken cancellation);

    /// <summary>The lease may be granted longer than asked, never shorter.</summary>
    ValueTask<EngineResult<Lease>> GrantAsync(TimeSpan timeToLive, CancellationToken cancellation);

    /// <summary>Starts the time to live anew; <see cref="EngineFaultKind.LeaseLost"/> when the lease ended.</summary>
    ValueTask<EngineResult<Lease>> KeepAliveAsync(LeaseId lease, CancellationToken cancellation);

    /// <summary>Takes up a lease again after the engine or this process was away: keeps it alive and says which keys
    /// still hang on it. Saves the time a new lease would have to wait for the old one to expire.</summary>
    ValueTask<EngineResult<AttachedLease>> ReattachAsync(LeaseId lease, CancellationToken cancellation);

    /// <summary>Ends the lease and deletes its keys at once. A lease that has ended already is a success.</summary>
    ValueTask<EngineResult<Revision>> RevokeAsync(LeaseId lease, CancellationToken cancellation);
}
