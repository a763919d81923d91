namespace Proxy.Edge.Http2;

internal enum ClockVerdict : byte
{
    Fine,
    Ping,
    PingTimeout,
    SettingsTimeout,
    HeadTimeout,
}

/// <summary>The deadlines of a session: answers that are due, and signs of life. Times in microseconds. A value inside
/// its session.</summary>
internal struct SessionClock
{
    private const long HeadMicroseconds = 10_000_000;

    private long _settingsSince;
    private long _pingSince;
    private long _blockSince;
    private long _lastReceived;

    public void Start(long now) => _settingsSince = _lastReceived = now;

    public void OnReceived(long now) => _lastReceived = now;

    public void OnSettingsAcknowledged() => _settingsSince = 0;

    public void OnPing(long now) => _pingSince = now;

    public void OnPong() => _pingSince = 0;

    public void OnBlockOpened(long now) => _blockSince = now;

    public readonly long NextDeadline(Http2Limits limits, bool blockOpen)
    {
        long next = long.MaxValue;
        if (_settingsSince != 0)
        {
            next = _settingsSince + Micro(limits.PingTimeout);
        }

        if (_pingSince != 0)
        {
            next = Math.Min(next, _pingSince + Micro(limits.PingTimeout));
        }
        else if (limits.PingInterval > TimeSpan.Zero)
        {
            next = Math.Min(next, _lastReceived + Micro(limits.PingInterval));
        }

        return blockOpen ? Math.Min(next, _blockSince + HeadMicroseconds) : next;
    }

    public readonly ClockVerdict Judge(Http2Limits limits, long now, bool blockOpen) =>
        blockOpen && now >= _blockSince + HeadMicroseconds ? ClockVerdict.HeadTimeout
        : _settingsSince != 0 && now >= _settingsSince + Micro(limits.PingTimeout) ? ClockVerdict.SettingsTimeout
        : _pingSince != 0 ? now >= _pingSince + Micro(limits.PingTimeout) ? ClockVerdict.PingTimeout : ClockVerdict.Fine
        : limits.PingInterval > TimeSpan.Zero && now >= _lastReceived + Micro(limits.PingInterval) ? ClockVerdict.Ping
        : ClockVerdict.Fine;

    private static long Micro(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;
}
