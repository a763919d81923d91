namespace Proxy.Actors.Runtime;

/// <summary>The wait between two incarnations. Used in the actor's turn only.</summary>
internal sealed class PendingRestart(ICell actor, TimeProvider time)
{
    private RestartSignal? _awaited;
    private ITimer? _timer;

    public void Begin(TimeSpan delay)
    {
        var signal = _awaited = new RestartSignal();
        _timer = time.CreateTimerWithoutFlow(_ => actor.Post(signal), this);
        _timer.Change(delay, Timeout.InfiniteTimeSpan);
    }

    /// <summary>False for a signal that was called off while it was on its way.</summary>
    public bool TryEnd(RestartSignal signal)
    {
        if (signal != _awaited)
        {
            return false;
        }

        CallOff();
        return true;
    }

    public void CallOff()
    {
        _awaited = null;
        _timer?.Dispose();
        _timer = null;
    }
}
