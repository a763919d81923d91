using Proxy.Edge.Engine;
using Proxy.Edge.Topology;
using Proxy.Edge.Upstream;

namespace Proxy.Edge.Relay;

/// <summary>An exchange that stands in the queue for a slot. The answer comes on an actor's thread and is taken over
/// to the loop; when the exchange has gone meanwhile, the slot goes straight back.</summary>
internal sealed class SlotWait(IEventLoop loop, ISlotQueue queue, PoolState pool, Exchange exchange)
    : ISlotAnswer, ILoopTask
{
    private MemberState? _member;
    private Exchange? _exchange = exchange;

    /// <summary>When the exchange lined up, microseconds on the loop's clock.</summary>
    public long Started { get; } = loop.Now;

    /// <summary>Lines up; null when the pool has no queue or cannot be asked.</summary>
    public static SlotWait? TryEnter(LoopServices services, LoopPool pool, MemberState? only, Exchange exchange)
    {
        TimeSpan patience = pool.Plan.Timeouts.Queue;
        if (patience == TimeSpan.Zero)
        {
            return null;
        }

        var wait = new SlotWait(services.Loop, services.Slots, pool.Plan.State, exchange);
        return services.Slots.TryEnter(pool.Plan.Name, only, patience, wait) ? wait : null;
    }

    public void Answered(MemberState? member)
    {
        _member = member;
        loop.Post(this);
    }

    /// <summary>The exchange does not want the slot any more. Loop thread.</summary>
    public void Abandon() => _exchange = null;

    public void Run()
    {
        if (_exchange is { } waiting)
        {
            waiting.OnSlot(_member);
        }
        else if (_member is not null)
        {
            _member.ReturnSlot();
            if (pool.Waiters.Any)
            {
                queue.Released(pool.Name, _member);
            }
        }
    }
}
