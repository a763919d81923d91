namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Whether the node that the addresses lead to is alive. Pure; microseconds. A node that ends or hangs makes
/// every router resign; one that said it will be back keeps its addresses for as long as it asked for.</summary>
internal sealed class NodeWatch
{
    private long _hangAfter;
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
            _deadline = _hangAfter > 0 ? now + _hangAfter : long.MaxValue;
            IsLost = false;
        }
    }

    /// <summary>The node restarts: its end is no failure until <paramref name="keepFor"/> has passed.</summary>
    public void SaidGoodbye(long keepFor, long now)
    {
        _isLeaving = true;
        _deadline = now + keepFor;
        Tick(now);
    }

    /// <summary>Its process or its connection ended.</summary>
    public void Ended()
    {
        if (!_isLeaving)
        {
            IsLost = true;
        }
    }

    public void Tick(long now)
    {
        if (now >= _deadline)
        {
            IsLost = true;
        }
    }
}
