namespace Proxy.Edge.Http2;

/// <summary>Counts what costs us work and the peer nothing, over a time window (RFC 9113 §10.5). A value inside its
/// session.</summary>
internal struct FloodGuard
{
    private long _windowStart;
    private long _sent;
    private long _sentBefore;
    private int _idleFrames;
    private int _resets;
    private int _received;

    /// <summary>A frame with payload came. Traffic brings its share of idle frames with it: gRPC measures the path with
    /// a PING per round trip, and answers small messages with small windows.</summary>
    public void Payload() => _received++;

    /// <summary>False when there were too many.</summary>
    /// <param name="sent">Frames with payload that were sent on this connection so far.</param>
    public bool IdleFrame(Http2Limits limits, long now, long sent)
    {
        _sent = sent;
        Turn(limits, now);
        return ++_idleFrames <= limits.MaxIdleFrames + (2 * (_received + _sent - _sentBefore));
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
            _sentBefore = _sent;
            _idleFrames = _resets = _received = 0;
        }
    }
}
