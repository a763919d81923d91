using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>What a master's next advert says and when it is due. The loop promises it with every advert it sends; when
/// it does not keep its word in time, because the processor under it stands still, the stand-in says the advert in its
/// place. One thread of each kind; nothing waits for longer than a packet takes.</summary>
/// <param name="rules">How to speak.</param>
/// <param name="mostSpins">How long a withdrawal waits for an advert that is being said: the thread that says it may
/// itself be held up. A thousand are a good millisecond.</param>
internal sealed class AdvertBeat(VrrpRules rules, int mostSpins = 1000)
{
    /// <summary>Microseconds. A loop that is late by more is not held up but hung: then peers are to take over.
    /// </summary>
    public const long Patience = 100_000;

    private long _due;
    private int _isSaying;
    private byte _priority;
    private NetAddress _source;
    private int _link;
    private long _answered;
    private long _next;
    private uint _covered;

    public VrrpRules Rules => rules;

    /// <summary>Adverts said in the loop's place.</summary>
    public uint Covered => Volatile.Read(ref _covered);

    /// <summary>When the stand-in has to look again, for its thread; long.MaxValue while nothing is promised.</summary>
    public long NextLook
    {
        get
        {
            long due = Volatile.Read(ref _due);
            return due == 0 ? long.MaxValue : due == _answered ? _next : due + Grace;
        }
    }

    // Early enough that peers miss no third advert in a row, late enough that ordinary lateness is nobody's concern.
    private long Grace => rules.Interval / 2;

    /// <summary>The loop said an advert, and will say the next at that time, in microseconds; true when there was no
    /// promise before.</summary>
    public bool Promise(long due, byte priority, NetAddress source, int link)
    {
        if (_due != 0 && (priority != _priority || source != _source || link != _link))
        {
            Withdraw();
        }

        bool isFirst = _due == 0;
        (_priority, _source, _link) = (priority, source, link);
        Volatile.Write(ref _due, due);
        return isFirst;
    }

    /// <summary>No further advert: after this returns, none is said any more. Before a resignation, so that nothing
    /// follows it.</summary>
    public void Withdraw()
    {
        if (Interlocked.Exchange(ref _due, 0) == 0)
        {
            return;
        }

        for (int i = 0; i < mostSpins && Volatile.Read(ref _isSaying) != 0; i++)
        {
            Thread.SpinWait(20);
        }
    }

    /// <summary>Says the advert that is overdue, if one is.</summary>
    /// <param name="now">Microseconds.</param>
    /// <param name="sender">The stand-in's own.</param>
    public void Cover(long now, IAdvertSender sender)
    {
        long due = Volatile.Read(ref _due);
        if (due == 0)
        {
            return;
        }

        if (due != _answered)
        {
            (_answered, _next) = (due, due + Grace);
        }

        if (now < _next)
        {
            return;
        }

        _next = now + rules.Interval;
        if (now - due > Patience)
        {
            return;
        }

        // First the mark, then the look: either this thread sees the promise withdrawn, or the loop sees the mark.
        Interlocked.Exchange(ref _isSaying, 1);
        if (Volatile.Read(ref _due) == due && sender.Send(rules, _priority, _source, _link))
        {
            Volatile.Write(ref _covered, _covered + 1);
        }

        Volatile.Write(ref _isSaying, 0);
    }
}
