using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Embedded;

namespace Proxy.Tests.Cluster.Engine;

/// <summary>One node's way to the <see cref="SimEngine"/>, which may be cut by itself.</summary>
internal sealed class SimEngineClient(SimEngine engine, string node, TimeProvider time) : IClusterEngine
{
    private string? _cut;

    public EngineHealth Health { get; private set; } = EngineHealth.Unknown(node);

    /// <summary>The next call is carried out, but its answer is lost.</summary>
    public bool LoseNextAnswer { get; set; }

    private string? Silence => _cut ?? engine.Silence;

    public void Cut()
    {
        _cut = $"{node} is cut off";
        engine.Wake();
    }

    public void Heal()
    {
        _cut = null;
        engine.Wake();
    }

    public ValueTask<EngineResult<ItemRead>> GetAsync(string key, CancellationToken cancellation) =>
        CallAsync<ItemRead>(_ => engine.Get(EngineKey.Checked(key)), cancellation);

    public ValueTask<EngineResult<Listing>> ListAsync(string prefix, CancellationToken cancellation) =>
        CallAsync<Listing>(_ => engine.List(EngineKey.CheckedPrefix(prefix)), cancellation);

    public ValueTask<EngineResult<CommitOutcome>> CommitAsync(
        EngineTransaction transaction, CancellationToken cancellation) =>
        CallAsync(_ => engine.Commit(transaction), cancellation);

    public IAsyncEnumerable<WatchSignal> WatchAsync(string prefix, Revision from, CancellationToken cancellation) =>
        LogWatch.RunAsync(engine.Log, EngineKey.CheckedPrefix(prefix), from, () => Silence, cancellation);

    public ValueTask<EngineResult<Lease>> GrantAsync(TimeSpan timeToLive, CancellationToken cancellation) =>
        CallAsync<Lease>(sentAt => engine.Grant(timeToLive, sentAt), cancellation);

    public async ValueTask<EngineResult<Lease>> KeepAliveAsync(LeaseId lease, CancellationToken cancellation)
    {
        EngineResult<AttachedLease> result = await ReattachAsync(lease, cancellation);
        return result.IsOk ? result.Value.Lease : result.Fault;
    }

    public ValueTask<EngineResult<AttachedLease>> ReattachAsync(LeaseId lease, CancellationToken cancellation) =>
        CallAsync(sentAt => engine.KeepAlive(lease, sentAt), cancellation);

    public ValueTask<EngineResult<Revision>> RevokeAsync(LeaseId lease, CancellationToken cancellation) =>
        CallAsync<Revision>(_ => engine.Revoke(lease), cancellation);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <param name="carryOut">Gets the timestamp of the sending.</param>
    private async ValueTask<EngineResult<T>> CallAsync<T>(
        Func<long, EngineResult<T>> carryOut, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        long sentAt = time.GetTimestamp();
        while (Silence is not null)
        {
            TimeSpan left = engine.Options.Deadline - time.GetElapsedTime(sentAt);
            if (left <= TimeSpan.Zero)
            {
                return Failed(EngineFault.Deadline(engine.Options.Deadline));
            }

            try
            {
                await engine.Turn.Task.WaitAsync(left, time, cancellation);
            }
            catch (TimeoutException)
            {
                return Failed(EngineFault.Deadline(engine.Options.Deadline));
            }
        }

        EngineResult<T> result = carryOut(sentAt);
        if (LoseNextAnswer)
        {
            LoseNextAnswer = false;
            return Failed(EngineFault.Unavailable("the answer was lost"));
        }

        Health = new EngineHealth(EngineState.Available, node, "");
        return result;
    }

    private EngineFault Failed(EngineFault fault)
    {
        Health = new EngineHealth(EngineState.Unavailable, node, fault.Reason);
        return fault;
    }
}
