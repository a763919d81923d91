namespace Proxy.Edge.Http2;

/// <summary>Counts what costs us work and the peer nothing, over a time window (RFC 9113 §10.5). A value inside its
/// session.</summary>
internal struct FloodGuard
{
    private long _windowStart;
    private int _idleFrames;
    private int _resets;

    /// <summary>False when there were too many.</summary>
    public bool IdleFrame(Http2Limits limits, long now)
    {
        Turn(limits, now);
        return ++_idleFrames <= limits.MaxIdleFrames;
    }

    /// <summary>A stream was reset by the peer, or by us for its fault.</summary>
    public bool Reset(Http2Limits limits, long now)
    {
        Turn(limits, now);
        return ++_resets <= limits.MaxResets;
    }

    private void Turn(Http2Limits limits, long now)
    {
        if (now - _windowStart >= limits.FloodWindow.Ticks / TimeSpan.TicksPerMicrosecond)
        {
            _windowStart = now;
            _idleFrames = _resets = 0;
        }
    }
}
