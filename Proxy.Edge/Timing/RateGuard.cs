namespace Proxy.Edge.Timing;

/// <summary>Watches that a peer keeps up a minimum rate. Time during which we did not want its bytes does not count, so
/// a slow client never makes an origin look slow. A value inside its connection.</summary>
public struct RateGuard
{
    private long _windowStart;
    private long _bytes;
    private long _pausedAt;

    public readonly bool IsPaused => _pausedAt != 0;

    /// <summary>Counted in the running window.</summary>
    public readonly long Bytes => _bytes;

    public void Start(long now)
    {
        _windowStart = now;
        _bytes = 0;
        _pausedAt = 0;
    }

    public void Count(long bytes) => _bytes += bytes;

    public void Pause(long now)
    {
        if (_pausedAt == 0)
        {
            _pausedAt = now;
        }
    }

    public void Resume(long now)
    {
        if (_pausedAt != 0)
        {
            _windowStart += now - _pausedAt;
            _pausedAt = 0;
        }
    }

    /// <summary>When the rate is to be judged next; never when no minimum is set.</summary>
    public readonly long NextCheck(int minimumBytesPerSecond, TimeSpan grace) =>
        minimumBytesPerSecond == 0 ? TimerNode.Never : _windowStart + (grace.Ticks / TimeSpan.TicksPerMicrosecond);

    /// <summary>Judges the window that ends now and starts the next one.</summary>
    public bool IsTooSlow(long now, int minimumBytesPerSecond)
    {
        long elapsed = now - _windowStart;
        bool slow = minimumBytesPerSecond > 0 && _bytes * 1_000_000 < elapsed * minimumBytesPerSecond;
        Start(now);
        return slow;
    }
}
