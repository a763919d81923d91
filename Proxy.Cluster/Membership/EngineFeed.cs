using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <summary>What a prefix of the engine holds, kept up to date.</summary>
internal abstract record FeedSignal
{
    private FeedSignal()
    {
    }

    /// <summary>Everything there is; replaces what was known.</summary>
    internal sealed record Listed(Listing Listing) : FeedSignal;

    internal sealed record Changed(Revision Revision, IReadOnlyList<EngineChange> Changes) : FeedSignal;

    /// <summary>The engine is silent: what is known may be old.</summary>
    internal sealed record Stalled(string Reason) : FeedSignal;

    internal sealed record Resumed : FeedSignal;
}

/// <summary>Lists a prefix, then watches it, and lists again when the engine has forgotten the place where the watch
/// was.</summary>
internal static class EngineFeed
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    /// <summary>Until cancelled. Signals come one at a time, on any thread.</summary>
    public static async ValueTask<bool> RunAsync(
        IClusterEngine engine,
        string prefix,
        TimeProvider time,
        Action<FeedSignal> tell,
        CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            EngineResult<Listing> listing = await engine.ListAsync(prefix, cancellation);
            if (listing.IsOk)
            {
                tell(new FeedSignal.Listed(listing.Value));
                EngineFault fault = await WatchAsync(engine, prefix, listing.Value.Revision.Next, tell, cancellation);
                if (fault.Kind == EngineFaultKind.Compacted)
                {
                    continue;
                }

                tell(new FeedSignal.Stalled(fault.Reason));
            }
            else
            {
                tell(new FeedSignal.Stalled(listing.Fault.Reason));
            }

            // To its end even when cancelled: a cancelled delay goes on on another thread, also in a simulation, which
            // has only one.
            await Task.Delay(Retry, time, CancellationToken.None);
        }

        return true;
    }

    private static async Task<EngineFault> WatchAsync(
        IClusterEngine engine, string prefix, Revision from, Action<FeedSignal> tell, CancellationToken cancellation)
    {
        await foreach (WatchSignal signal in engine.WatchAsync(prefix, from, cancellation))
        {
            switch (signal)
            {
                case WatchSignal.Batch batch:
                    tell(new FeedSignal.Changed(batch.Revision, batch.Changes));
                    break;
                case WatchSignal.Stalled stalled:
                    tell(new FeedSignal.Stalled(stalled.Reason));
                    break;
                case WatchSignal.Resumed:
                    tell(new FeedSignal.Resumed());
                    break;
                case WatchSignal.Ended ended:
                    return ended.Fault;
                default:
                    throw new InvalidOperationException($"unknown signal {signal}");
            }
        }

        return EngineFault.Unavailable("the watch ended");
    }
}
