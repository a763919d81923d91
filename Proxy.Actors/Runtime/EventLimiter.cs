namespace Proxy.Actors.Runtime;

/// <summary>
/// Lets a number of reports through per second and counts the rest, so that a flood of trouble is not a flood of
/// logs.
/// </summary>
internal sealed class EventLimiter(TimeProvider time, int perSecond)
{
    private readonly Lock _gate = new();
    private long _windowStart = time.GetTimestamp();
    private int _passed;
    private long _suppressed;

    /// <summary>
    /// When true, <paramref name="suppressed"/> is how many calls were refused since the last one that passed.
    /// </summary>
    public bool TryPass(out long suppressed)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (time.GetElapsedTime(_windowStart, now) >= TimeSpan.FromSeconds(1))
            {
                _windowStart = now;
                _passed = 0;
            }

            if (_passed >= perSecond)
            {
                _suppressed++;
                suppressed = 0;
                return false;
            }

            _passed++;
            suppressed = _suppressed;
            _suppressed = 0;
            return true;
        }
    }
}
