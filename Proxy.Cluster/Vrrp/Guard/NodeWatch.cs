namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Whether the node that the addresses lead to is alive. Pure; microseconds. A node that ends or hangs makes
/// every router resign; one that said it will be back keeps its addresses for as long as it asked for. Silence of a
/// process that is stopped is a hang at once, and of one in which every thread sleeps when it is seen so twice: it is
/// neither collecting nor waiting for a core. Any other may only be late on a busy machine, where its peer is no better
/// off, and gets more time.</summary>
internal sealed class NodeWatch
{
    /// <summary>How many times longer a node may be silent that is not known to stand still.</summary>
    public const int Patience = 12;

    private long _hangAfter;
    private long _lastBeat;
    private long _deadline = long.MaxValue;
    private bool _isLeaving;
    private bool _wasAsleep;

    /// <summary>The node cannot serve: nobody there, or it hangs.</summary>
    public bool IsLost { get; private set; }

    /// <summary>When <see cref="Tick"/> may change something.</summary>
    public long NextTimer => IsLost ? long.MaxValue : _deadline;

    public void Arrived(long hangAfter, long now)
    {
        _hangAfter = hangAfter;
        _isLeaving = false;
        IsLost = false;
        Beat(now);
    }

    /// <summary>Any record is a sign of life, a hung node that comes back included.</summary>
    public void Beat(long now)
    {
        if (!_isLeaving)
        {
            _lastBeat = now;
            _wasAsleep = false;
            _deadline = _hangAfter > 0 ? now + _hangAfter : long.MaxValue;
            IsLost = false;
        }
    }

    /// <summary>The node restarts: its end is no failure until <paramref name="keepFor"/> has passed.</summary>
    public void SaidGoodbye(long keepFor, long now)
    {
        _isLeaving = true;
        _deadline = now + keepFor;
        Tick(now, NodeActivity.Stopped);
    }

    /// <summary>Its process or its connection ended.</summary>
    public void Ended()
    {
        if (!_isLeaving)
        {
            IsLost = true;
        }
    }

    /// <param name="now">Microseconds.</param>
    /// <param name="activity">What the node's process is doing.</param>
    public void Tick(long now, NodeActivity activity)
    {
        if (now < _deadline)
        {
            return;
        }

        long last = _lastBeat + (Patience * _hangAfter);
        bool isAsleep = activity == NodeActivity.Asleep;
        if (activity == NodeActivity.Stopped || (isAsleep && _wasAsleep) || _isLeaving || now >= last)
        {
            IsLost = true;
        }
        else
        {
            // Looked at again from time to time: it may be stopped later.
            _wasAsleep = isAsleep;
            _deadline = Math.Min(now + Math.Max(1000, _hangAfter / 4), last);
        }
    }
}
