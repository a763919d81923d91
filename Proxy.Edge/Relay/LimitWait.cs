using Proxy.Edge.Engine;
using Proxy.Edge.Http;
using Proxy.Edge.Limits;
using Proxy.Edge.Routing;
using Proxy.Edge.Timing;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Relay;

/// <summary>An exchange held back by its route's rate limit: until another node answers, until its turn comes, or
/// both. Loop thread, but for <see cref="Answered"/>.</summary>
internal sealed class LimitWait(IEventLoop loop, RateLimiter limiter, ulong key, Exchange exchange)
    : TimerNode, ILimitAnswer, ILoopTask
{
    /// <summary>An answer comes within milliseconds, unless what should give it has failed.</summary>
    private const long AnswerMicroseconds = 500_000;

    private Exchange? _exchange = exchange;
    private bool _asks;
    private LimitVerdict _verdict;

    /// <summary>Judges a request. Null when the verdict holds now; else the exchange hears later.</summary>
    public static LimitWait? Judge(
        LoopServices services, RateLimiter limiter, RequestHead head, NormalizedPath path, ClientAddress client,
        Exchange exchange, out LimitVerdict verdict)
    {
        long now = Nanoseconds(services.Loop.Now);
        ulong key = limiter.KeyOf(head, path, client);
        verdict = limiter.Take(key, now);
        LimitWait? wait = null;
        if (verdict.Outcome == LimitOutcome.Unknown)
        {
            wait = new LimitWait(services.Loop, limiter, key, exchange);
            if (limiter.Ask(key, now, wait) is not { } own)
            {
                wait._asks = true;
                services.Loop.Timers.Set(wait, services.Loop.Now + AnswerMicroseconds);
                return wait;
            }

            verdict = own;
        }

        limiter.Count(verdict);
        if (verdict is not { Outcome: LimitOutcome.Admitted, Wait: > 0 })
        {
            return null;
        }

        wait ??= new LimitWait(services.Loop, limiter, key, exchange);
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
        if (_exchange is not null && _asks)
        {
            _asks = false;
            Go(_verdict);
        }
    }

    public override void OnTimer(long now)
    {
        if (_asks)
        {
            _asks = false;
            Go(limiter.TakeFraction(key, Nanoseconds(now)));
            return;
        }

        End(_verdict);
    }

    private static long Nanoseconds(long microseconds) =>
        microseconds * TimeSpan.NanosecondsPerTick * TimeSpan.TicksPerMicrosecond;

    private void Go(LimitVerdict verdict)
    {
        limiter.Count(verdict);
        if (verdict is { Outcome: LimitOutcome.Admitted, Wait: > 0 })
        {
            Hold(verdict);
            return;
        }

        End(verdict);
    }

    private void Hold(LimitVerdict verdict)
    {
        _verdict = verdict;
        loop.Timers.Set(this, loop.Now + (verdict.Wait / Nanoseconds(1)) + 1);
    }

    private void End(LimitVerdict verdict)
    {
        Exchange? exchange = _exchange;
        Abandon();
        exchange?.OnLimit(verdict);
    }
}
