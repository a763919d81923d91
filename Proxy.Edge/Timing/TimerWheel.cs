using System.Numerics;

namespace Proxy.Edge.Timing;

/// <summary>Deadlines of a loop. A hashed wheel of 512 slots of about 16 ms: setting and clearing are O(1), and moving
/// a deadline later — what every request does with its time-outs — is one store, because a node stays where it is until
/// its slot comes round and is only then put where it belongs. Not thread-safe; takes the time as an
/// argument.</summary>
public sealed class TimerWheel
{
    private const int SlotBits = 9;
    private const int Slots = 1 << SlotBits;

    /// <summary>A tick is 2^14 µs = 16.4 ms: fine enough for time-outs of seconds, and an idle loop sleeps through
    /// empty ticks.</summary>
    private const int TickShift = 14;

    private readonly TimerNode?[] _slots = new TimerNode?[Slots];
    private readonly Action<Exception> _onFailure;
    private readonly ulong[] _occupied = new ulong[Slots / 64];

    // The rest of the list being swept. A target may remove a node that waits in it (closing a peer does).
    private TimerNode? _sweeping;
    private long _tick;

    /// <param name="onFailure">Told when a target throws; the others get their call all the same.</param>
    public TimerWheel(long now, Action<Exception> onFailure)
    {
        _tick = now >> TickShift;
        _onFailure = onFailure;
    }

    public int Count { get; private set; }

    /// <summary>Asks for a call at <paramref name="deadline"/>, replacing an earlier wish;
    /// <see cref="TimerNode.Never"/> for none.</summary>
    public void Set(TimerNode node, long deadline)
    {
        node.TimerDeadline = deadline;
        if (deadline < node.TimerScheduled)
        {
            Unlink(node);
            Link(node, deadline);
        }
    }

    /// <summary>Takes the node out for good; for targets that go away.</summary>
    public void Remove(TimerNode node)
    {
        node.TimerDeadline = TimerNode.Never;
        Unlink(node);
    }

    /// <summary>Calls every target whose deadline has passed.</summary>
    public void Advance(long now)
    {
        long target = now >> TickShift;
        if (target - _tick >= Slots)
        {
            // After a long sleep every slot is due once; walking them more often finds nothing new.
            _tick = target - Slots;
        }

        while (_tick < target)
        {
            _tick++;
            int slot = (int)(_tick & (Slots - 1));
            if ((_occupied[slot >> 6] & (1UL << (slot & 63))) != 0)
            {
                Sweep(slot, now);
            }
        }
    }

    /// <summary>Microseconds from <paramref name="now"/> until the wheel wants to be advanced, or -1 for
    /// never.</summary>
    public long NextWake(long now)
    {
        if (Count == 0)
        {
            return -1;
        }

        for (int ahead = 1; ahead <= Slots; ahead++)
        {
            int slot = (int)((_tick + ahead) & (Slots - 1));
            ulong rest = _occupied[slot >> 6] >> (slot & 63);
            if (rest == 0)
            {
                ahead += 63 - (slot & 63);
                continue;
            }

            ahead += BitOperations.TrailingZeroCount(rest);
            return Math.Max(0, ((_tick + ahead) << TickShift) - now);
        }

        return -1;
    }

    private void Sweep(int slot, long now)
    {
        // Detached first: targets may set timers, also into this very slot.
        TimerNode? node = _slots[slot];
        _slots[slot] = null;
        _occupied[slot >> 6] &= ~(1UL << (slot & 63));
        while (node is not null)
        {
            TimerNode? next = node.NextTimer;
            node.PreviousTimer = node.NextTimer = null;
            node.TimerSlot = -1;
            node.TimerScheduled = TimerNode.Never;
            Count--;
            _sweeping = next;
            if (next is not null)
            {
                // The node being called may be linked elsewhere in a moment; the rest must not point at it.
                next.PreviousTimer = null;
            }

            if (node.TimerDeadline > now)
            {
                if (node.TimerDeadline != TimerNode.Never)
                {
                    Link(node, node.TimerDeadline);
                }
            }
            else
            {
                node.TimerDeadline = TimerNode.Never;
                Call(node, now);
            }

            node = _sweeping;
        }
    }

    private void Call(TimerNode node, long now)
    {
        try
        {
            node.OnTimer(now);
        }
        catch (Exception error)
        {
            _onFailure(error);
        }
    }

    private void Link(TimerNode node, long when)
    {
        long tick = Math.Max(_tick + 1, (when >> TickShift) + 1);
        int slot = (int)(tick & (Slots - 1));
        node.TimerSlot = slot;
        node.TimerScheduled = when;
        node.PreviousTimer = null;
        node.NextTimer = _slots[slot];
        if (node.NextTimer is not null)
        {
            node.NextTimer.PreviousTimer = node;
        }

        _slots[slot] = node;
        _occupied[slot >> 6] |= 1UL << (slot & 63);
        Count++;
    }

    private void Unlink(TimerNode node)
    {
        if (node.TimerSlot < 0)
        {
            return;
        }

        if (ReferenceEquals(_sweeping, node))
        {
            _sweeping = node.NextTimer;
        }

        if (node.NextTimer is not null)
        {
            node.NextTimer.PreviousTimer = node.PreviousTimer;
        }

        if (node.PreviousTimer is not null)
        {
            node.PreviousTimer.NextTimer = node.NextTimer;
        }
        else if (ReferenceEquals(_slots[node.TimerSlot], node))
        {
            _slots[node.TimerSlot] = node.NextTimer;
            if (node.NextTimer is null)
            {
                _occupied[node.TimerSlot >> 6] &= ~(1UL << (node.TimerSlot & 63));
            }
        }

        node.PreviousTimer = node.NextTimer = null;
        node.TimerSlot = -1;
        node.TimerScheduled = TimerNode.Never;
        Count--;
    }
}
