using Proxy.Edge.Engine;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Relay;

/// <summary>An exchange that stands in the queue for a slot. The answer comes on an actor's thread and is taken over to the loop; when the
/// exchange has gone meanwhile, the slot goes straight back.</summary>
internal sealed class SlotWait(IEventLoop loop, ISlotQueue queue, PoolState pool, Exchange exchange) : ISlotAnswer, ILoopTask
{
    private MemberState? _member;
    private Exchange? _exchange = exchange;

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
