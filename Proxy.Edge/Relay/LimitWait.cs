using Proxy.Edge.Engine;
using Proxy.Edge.Http;
using Proxy.Edge.Limits;
using Proxy.Edge.Routing;
using Proxy.Edge.Timing;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Relay;

/// <summary>An exchange held back by its route's rate limit: until another node answers, until its turn comes, or
/// both. Loop thread, but for <see cref="Answered"/>.</summary>
internal sealed class LimitWait(IEventLoop loop, Exchange exchange) : TimerNode, ILimitAnswer, ILoopTask
{
    private Exchange? _exchange = exchange;
    private LimitVerdict _verdict;

    /// <summary>Judges a request. Null when the verdict holds now; else the exchange hears later.</summary>
    public static LimitWait? Judge(
        LoopServices services, RateLimiter limiter, RequestHead head, NormalizedPath path, ClientAddress client,
        Exchange exchange, out LimitVerdict verdict)
    {
        long now = services.Loop.Now * TimeSpan.NanosecondsPerTick * TimeSpan.TicksPerMicrosecond;
        ulong key = limiter.KeyOf(head, path, client);
        verdict = limiter.Take(key, now);
        LimitWait? wait = null;
        if (verdict.Outcome == LimitOutcome.Unknown)
        {
            wait = new LimitWait(services.Loop, exchange);
            if (limiter.Ask(key, now, wait) is not { } own)
            {
                return wait;
            }

            verdict = own;
        }

        if (verdict is not { Outcome: LimitOutcome.Admitted, Wait: > 0 })
        {
            return null;
        }

        wait ??= new LimitWait(services.Loop, exchange);
        wait.Hold(verdict);
        return wait;
    }

    public void Answered(LimitVerdict verdict)
    {
        _verdict = verdict;
        loop.Post(this);
    }

    /// <summary>The exchange does not wait any more. What was taken for it stays taken.</summary>
    public void Abandon()
    {
        _exchange = null;
        loop.Timers.Remove(this);
    }

    public void Run()
    {
        if (_exchange is null)
        {
            return;
        }

        if (_verdict is { Outcome: LimitOutcome.Admitted, Wait: > 0 })
        {
            Hold(_verdict);
            return;
        }

        _exchange.OnLimit(_verdict);
    }

    public override void OnTimer(long now) => _exchange?.OnLimit(_verdict);

    private void Hold(LimitVerdict verdict)
    {
        _verdict = verdict;
        long microseconds = (verdict.Wait / TimeSpan.NanosecondsPerTick / TimeSpan.TicksPerMicrosecond) + 1;
        loop.Timers.Set(this, loop.Now + microseconds);
    }
}
