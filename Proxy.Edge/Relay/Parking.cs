using Proxy.Edge.Http;
using Proxy.Edge.Limits;
using Proxy.Edge.Routing;
using Proxy.Edge.Topology;
using Proxy.Edge.Upstream;

namespace Proxy.Edge.Relay;

/// <summary>Where an exchange waits before it is forwarded: for its route's rate limit, then for a member's free slot.
/// Part of a recycled exchange; loop thread only.</summary>
internal sealed class Parking(LoopServices services, Exchange exchange)
{
    private SlotWait? _slot;
    private LimitWait? _limit;
    private bool _judged;

    /// <summary>Judges a request once, however often it is sent.</summary>
    /// <returns>Null when it is held back and <see cref="Exchange.OnLimit"/> follows.</returns>
    public LimitVerdict? Judge(RateLimiter? limiter, RequestHead head, NormalizedPath path, ClientAddress client)
    {
        if (limiter is null || _judged)
        {
            return LimitVerdict.Admitted();
        }

        _judged = true;
        _limit = LimitWait.Judge(services, limiter, head, path, client, exchange, out LimitVerdict verdict);
        return _limit is null ? verdict : null;
    }

    /// <summary>Lines up for a slot; <see cref="Exchange.OnSlot"/> follows when true.</summary>
    public bool TryAwaitSlot(LoopPool pool, MemberState? bound)
    {
        _slot = SlotWait.TryEnter(services, pool, bound, exchange);
        return _slot is not null;
    }

    public void LimitDone() => _limit = null;

    /// <summary>Returns how long it took, microseconds.</summary>
    public long SlotDone()
    {
        long elapsed = services.Loop.Now - _slot!.Started;
        _slot = null;
        return elapsed;
    }

    /// <summary>The exchange is over.</summary>
    public void Leave()
    {
        _slot?.Abandon();
        _limit?.Abandon();
        (_slot, _limit, _judged) = (null, null, false);
    }
}
