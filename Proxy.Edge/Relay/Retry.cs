using Proxy.Edge.Http;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Relay;

/// <summary>When a failed attempt may be made again without the client knowing.</summary>
internal static class Retry
{
    /// <param name="isWhole">Everything received of the request is still here.</param>
    /// <param name="attempts">Attempts made so far.</param>
    /// <param name="wasConnected">False when nothing can have reached the origin.</param>
    /// <param name="sameMember">The member is not to blame: a stale kept connection, or another of its addresses is
    /// left. That does not count against the limit.</param>
    public static bool Allows(
        RetryPlan plan, Method method, bool isWhole, int attempts, bool wasConnected, bool sameMember, ProxyFault fault)
    {
        if (!isWhole || (attempts > plan.Attempts && !sameMember))
        {
            return false;
        }

        if (!wasConnected)
        {
            return true;
        }

        // It may have reached the origin. Twice must be as good as once (RFC 9110 §9.2.2), and the origin must have
        // broken off: one that takes its time would only get more to do.
        return fault is ProxyFault.OriginClosedEarly or ProxyFault.OriginReset
            && (method.IsIdempotent() || plan.NonIdempotent);
    }

    /// <summary>The origin has promised that it did nothing with the request (RFC 9113 §8.7): once more, whatever its
    /// method and even where retries are off, but not for ever.</summary>
    public static bool AllowsUnprocessed(RetryPlan plan, bool isWhole, int attempts) =>
        isWhole && attempts <= Math.Max(plan.Attempts, 1);
}
