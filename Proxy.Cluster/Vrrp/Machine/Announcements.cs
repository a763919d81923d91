namespace Proxy.Cluster.Vrrp.Machine;

/// <summary>The clock of gratuitous ARP and unsolicited neighbour advertisements.</summary>
internal struct Announcements(AnnouncementSchedule schedule)
{
    private long _last = long.MinValue;
    private int _left;

    /// <summary>When <see cref="TryTake"/> will say yes next; microseconds.</summary>
    public long Next { get; private set; } = long.MaxValue;

    /// <summary>Begins from the top. Another beginning just after one waits a little, or two routers that disturb each
    /// other would flood the network.</summary>
    public void Begin(long now)
    {
        _left = schedule.Repeats + 1;
        Next = _last > now - schedule.LeastGap ? _last + schedule.LeastGap : now;
    }

    public void Stop() => Next = long.MaxValue;

    public bool TryTake(long now)
    {
        if (now < Next)
        {
            return false;
        }

        long wait = _left switch
        {
            <= 0 => schedule.RefreshEvery,
            _ when _left == schedule.Repeats + 1 => schedule.FirstRepeat,
            1 => schedule.RefreshEvery,
            _ => schedule.RepeatEvery,
        };
        _left--;
        _last = now;
        Next = wait > 0 ? now + wait : long.MaxValue;
        return true;
    }
}
