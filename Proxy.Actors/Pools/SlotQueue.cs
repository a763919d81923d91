using Proxy.Actors.Runtime;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>Gives slots of members with max-connections to waiting exchanges. Part of a <see cref="PoolActor"/>; the order is decided
/// by <see cref="SlotQueueMachine{TTicket}"/>.</summary>
internal sealed class SlotQueue(SlotWaiters waiters)
{
    // Each entry is an exchange that holds a client connection; beyond this, waiting only hides that the pool is too small.
    public const int Capacity = 10_000;

    private readonly SlotQueueMachine<ReplyTo<SlotAnswer>> _queue = new(Capacity);

    public int Count => _queue.Count;

    public TimeSpan? Wake => _queue.Wake;

    /// <summary>False when the answer was given at once.</summary>
    /// <param name="usable">Members that may serve this request now, in order.</param>
    public bool Enter(
        PoolMessage.AcquireSlot ask, IEnumerable<(MemberState Member, int Limit)> usable, TimeSpan now)
    {
        // Counted before the last try: see SlotWaiters.
        waiters.Add();
        foreach ((MemberState member, int limit) in usable)
        {
            if (limit == 0 || member.TryTakeSlot(limit))
            {
                waiters.Remove();
                Answer(ask.Reply, member, limit);
                return false;
            }
        }

        if (!_queue.TryEnqueue(ask.Reply, ask.Only, now + ask.Wait))
        {
            waiters.Remove();
            ask.Reply.Reply(new SlotAnswer(null, SlotRefusal.QueueFull));
            return false;
        }

        return true;
    }

    /// <summary>Serves waiters as long as the member has free slots.</summary>
    /// <param name="forAny">False for a draining member.</param>
    public void Offer(MemberState member, int limit, bool forAny, TimeSpan now)
    {
        while (_queue.Count > 0 && (limit == 0 || member.TryTakeSlot(limit)))
        {
            if (!_queue.TryNext(member, forAny, now, out ReplyTo<SlotAnswer> reply))
            {
                GiveBack(member, limit);
                return;
            }

            waiters.Remove();
            Answer(reply, member, limit);
        }
    }

    public void Expire(TimeSpan now) => Refuse(_queue.Expire(now), SlotRefusal.TimedOut);

    public void MemberClosed(MemberState member) => Refuse(_queue.Unbind(member), SlotRefusal.MemberClosed);

    public void Clear() => Refuse(_queue.Clear(), SlotRefusal.MemberClosed);

    private static void Answer(ReplyTo<SlotAnswer> reply, MemberState member, int limit)
    {
        if (!reply.Reply(new SlotAnswer(member, SlotRefusal.None)))
        {
            // The asker has given up: its slot is free again.
            GiveBack(member, limit);
        }
    }

    private static void GiveBack(MemberState member, int limit)
    {
        if (limit > 0)
        {
            member.ReturnSlot();
        }
    }

    private void Refuse(List<ReplyTo<SlotAnswer>> replies, SlotRefusal refusal)
    {
        foreach (ReplyTo<SlotAnswer> reply in replies)
        {
            waiters.Remove();
            reply.Reply(new SlotAnswer(null, refusal));
        }
    }
}
