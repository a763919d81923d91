using System.Runtime.CompilerServices;
using Proxy.Cluster.Engine;

namespace Proxy.Tests.Cluster.Engine;

/// <summary>Another engine with a way there and back that takes its time: what was asked first may be answered
/// last.</summary>
internal sealed class SlowEngine(IClusterEngine engine, TimeProvider time, Random random, TimeSpan most)
    : IClusterEngine
{
    public EngineHealth Health => engine.Health;

    public async ValueTask<EngineResult<ItemRead>> GetAsync(string key, CancellationToken cancellation)
    {
        await TravelAsync(cancellation);
        EngineResult<ItemRead> result = await engine.GetAsync(key, cancellation);
        await TravelAsync(cancellation);
        return result;
    }

    public async ValueTask<EngineResult<Listing>> ListAsync(string prefix, CancellationToken cancellation)
    {
        await TravelAsync(cancellation);
        EngineResult<Listing> result = await engine.ListAsync(prefix, cancellation);
        await TravelAsync(cancellation);
        return result;
    }

    public async ValueTask<EngineResult<CommitOutcome>> CommitAsync(
        EngineTransaction transaction, CancellationToken cancellation)
    {
        await TravelAsync(cancellation);
        EngineResult<CommitOutcome> result = await engine.CommitAsync(transaction, cancellation);
        await TravelAsync(cancellation);
        return result;
    }

    public async IAsyncEnumerable<WatchSignal> WatchAsync(
        string prefix, Revision from, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (WatchSignal signal in engine.WatchAsync(prefix, from, cancellation))
        {
            await TravelAsync(cancellation);
            yield return signal;
        }
    }

    public ValueTask<EngineResult<Lease>> GrantAsync(TimeSpan timeToLive, CancellationToken cancellation) =>
        engine.GrantAsync(timeToLive, cancellation);

    public ValueTask<EngineResult<Lease>> KeepAliveAsync(LeaseId lease, CancellationToken cancellation) =>
        engine.KeepAliveAsync(lease, cancellation);

    public ValueTask<EngineResult<AttachedLease>> ReattachAsync(LeaseId lease, CancellationToken cancellation) =>
        engine.ReattachAsync(lease, cancellation);

    public ValueTask<EngineResult<Revision>> RevokeAsync(LeaseId lease, CancellationToken cancellation) =>
        engine.RevokeAsync(lease, cancellation);

    public ValueTask DisposeAsync() => engine.DisposeAsync();

    private async Task TravelAsync(CancellationToken cancellation)
    {
        // What is on its way arrives, also when nobody waits for it any more; and a simulation stays on its one thread.
        await Task.Delay(most * random.NextDouble(), time, CancellationToken.None);
        cancellation.ThrowIfCancellationRequested();
    }
}
