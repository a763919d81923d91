using Proxy.Actors.Pools;
using Proxy.Actors.Runtime;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Publishing;

/// <summary>The loops' way to the pools' slot queues. Allocates once per waiting request, which waits for
/// milliseconds anyway.</summary>
public sealed class SlotQueuePort(PoolDirectory pools) : ISlotQueue
{
    public bool TryEnter(string pool, MemberState? only, TimeSpan wait, ISlotAnswer answer) =>
        pools.TryFind(pool, out IRef<PoolMessage>? actor)
        && actor.TryAsk<SlotAnswer, (MemberState? Only, TimeSpan Wait)>(
            static (reply, ask) => new PoolMessage.AcquireSlot(reply, ask.Only, ask.Wait),
            (only, wait),
            // The actor answers when the time is over; the margin is for an actor that restarts meanwhile.
            wait + TimeSpan.FromSeconds(1),
            new Completion(answer),
            0,
            out _) == TellResult.Accepted;

    public void Released(string pool, MemberState member)
    {
        if (pools.TryFind(pool, out IRef<PoolMessage>? actor))
        {
            actor.Tell(new PoolMessage.SlotReleased(member));
        }
    }

    private sealed class Completion(ISlotAnswer answer) : IAskCompletion<SlotAnswer>
    {
        public void Completed(long cookie, in Result<SlotAnswer> result) =>
            answer.Answered(result.TryGetValue(out SlotAnswer slot) ? slot.Member : null);
    }
}
