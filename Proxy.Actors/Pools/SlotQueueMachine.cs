using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>Exchanges of a pool that wait for a slot, first come first served, each until its deadline. Pure.</summary>
/// <typeparam name="TTicket">What identifies a waiter to the caller.</typeparam>
public sealed class SlotQueueMachine<TTicket>(int capacity)
{
    // Waits are seconds and queues short, so walking the list is cheaper than an index per member.
    private readonly LinkedList<Waiter> _waiters = [];

    public int Count => _waiters.Count;

    /// <summary>The earliest deadline; null when nobody waits.</summary>
    public TimeSpan? Wake
    {
        get
        {
            TimeSpan? earliest = null;
            foreach (Waiter waiter in _waiters)
            {
                earliest = earliest is null || waiter.Deadline < earliest ? waiter.Deadline : earliest;
            }

            return earliest;
        }
    }

    /// <summary>False when the queue is full.</summary>
    /// <param name="only">The member the request is bound to; null = any.</param>
    public bool TryEnqueue(TTicket ticket, MemberState? only, TimeSpan deadline)
    {
        if (_waiters.Count >= capacity)
        {
            return false;
        }

        _waiters.AddLast(new Waiter(ticket, only, deadline));
        return true;
    }

    /// <summary>The waiter that has waited longest and takes this member; it leaves the queue.</summary>
    /// <param name="forAny">False when only bound requests may use the member.</param>
    public bool TryNext(MemberState member, bool forAny, TimeSpan now, out TTicket? ticket)
    {
        for (LinkedListNode<Waiter>? node = _waiters.First; node is not null; node = node.Next)
        {
            Waiter waiter = node.Value;
            if (waiter.Deadline > now && (ReferenceEquals(waiter.Only, member) || (waiter.Only is null && forAny)))
            {
                _waiters.Remove(node);
                ticket = waiter.Ticket;
                return true;
            }
        }

        ticket = default;
        return false;
    }

    /// <summary>Waiters whose deadline has come; they leave the queue.</summary>
    public List<TTicket> Expire(TimeSpan now) => RemoveWhere(waiter => waiter.Deadline <= now);

    /// <summary>Waiters bound to a member that closed; they leave the queue.</summary>
    public List<TTicket> Unbind(MemberState member) => RemoveWhere(waiter => ReferenceEquals(waiter.Only, member));

    /// <summary>Everybody; for the end of the pool.</summary>
    public List<TTicket> Clear() => RemoveWhere(static _ => true);

    private List<TTicket> RemoveWhere(Func<Waiter, bool> condition)
    {
        List<TTicket> removed = [];
        for (LinkedListNode<Waiter>? node = _waiters.First; node is not null;)
        {
            LinkedListNode<Waiter>? next = node.Next;
            if (condition(node.Value))
            {
                removed.Add(node.Value.Ticket);
                _waiters.Remove(node);
            }

            node = next;
        }

        return removed;
    }

    private readonly record struct Waiter(TTicket Ticket, MemberState? Only, TimeSpan Deadline);
}
