namespace Proxy.Edge.Health;

/// <summary>Trips when the last N results were failures and happened within a time window. Times are those of the caller's
/// monotonic clock. Not thread-safe.</summary>
public sealed class FailureWindow
{
    private readonly TimeSpan[] _times;
    private readonly TimeSpan _window;
    private int _next;

    /// <param name="failures">Failures in a row that trip, from 1; the range 1 to 1000 bounds the memory.</param>
    /// <param name="window">All of them happened within this time.</param>
    public FailureWindow(int failures, TimeSpan window)
    {
        _times = new TimeSpan[Math.Clamp(failures, 1, 1000)];
        _window = window;
    }

    /// <summary>Failures in a row, at most as many as are kept.</summary>
    public int Count { get; private set; }

    public int Limit => _times.Length;

    public void Succeed() => Count = 0;

    /// <summary>True when this failure is the one too many; the count starts anew then.</summary>
    public bool Fail(TimeSpan now)
    {
        _times[_next] = now;
        _next = (_next + 1) % _times.Length;
        Count = Math.Min(Count + 1, _times.Length);

        // After the increment the next place holds the oldest of the last N.
        if (Count < _times.Length || now - _times[_next] > _window)
        {
            return false;
        }

        Count = 0;
        return true;
    }
}
