namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Whether the node that the addresses lead to is alive. Pure; microseconds. A node that ends or hangs makes
/// every router resign; one that said it will be back keeps its addresses for as long as it asked for. Silence of a
/// process that is stopped is a hang at once. Any other may only be waiting for a core on a busy machine, where its
/// peer is no better off, and gets more time.</summary>
internal sealed class NodeWatch
{
    /// <summary>How many times longer a node may be silent that is not known to be stopped.</summary>
    public const int Patience = 12;

    private long _hangAfter;
    private long _lastBeat;
    private long _deadline = long.MaxValue;
    private bool _isLeaving;

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
            _deadline = _hangAfter > 0 ? now + _hangAfter : long.MaxValue;
            IsLost = false;
        }
    }

    /// <summary>The node restarts: its end is no failure until <paramref name="keepFor"/> has passed.</summary>
    public void SaidGoodbye(long keepFor, long now)
    {
        _isLeaving = true;
        _deadline = now + keepFor;
        Tick(now, isStopped: true);
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
    /// <param name="isStopped">Whether the node's process is known not to run.</param>
    public void Tick(long now, bool isStopped)
    {
        if (now < _deadline)
        {
            return;
        }

        long last = _lastBeat + (Patience * _hangAfter);
        if (isStopped || _isLeaving || now >= last)
        {
            IsLost = true;
        }
        else
        {
            // Looked at again from time to time: it may be stopped later.
            _deadline = Math.Min(now + Math.Max(1000, _hangAfter / 4), last);
        }
    }
}
