using System.Runtime.CompilerServices;

namespace Proxy.Cluster.Engine.Embedded;

/// <summary>A watch over a <see cref="ChangeLog"/>.</summary>
internal static class LogWatch
{
    /// <param name="stall">Why the engine is silent, or null; looked at whenever the log wakes the watch. While it is
    /// silent the watch sees nothing.</param>
    public static async IAsyncEnumerable<WatchSignal> RunAsync(
        ChangeLog log,
        string prefix,
        Revision from,
        Func<string?> stall,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        bool stalled = false;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            LogRead read = log.Read(prefix, from);
            string? reason = stall();
            if ((reason is not null) != stalled)
            {
                stalled = reason is not null;
                yield return reason is not null ? new WatchSignal.Stalled(reason) : new WatchSignal.Resumed();
                continue;
            }

            if (!stalled && read.Compacted is { } oldest)
            {
                yield return new WatchSignal.Ended(EngineFault.Compacted(oldest));
                yield break;
            }

            if (!stalled)
            {
                from = read.Next;
                if (read.Changes.Count > 0)
                {
                    yield return new WatchSignal.Batch(read.Changes[^1].Item.Modified, read.Changes);
                }
            }

            if (stalled || !read.HasMore)
            {
                await read.Grown.WaitAsync(cancellation);
            }
        }
    }
}
