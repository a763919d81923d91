using Proxy.Edge.Snapshot;
using Proxy.Edge.Timing;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Downstream;

/// <summary>What a client is waited for at the moment.</summary>
/// <param name="First">No request came on this connection yet.</param>
/// <param name="AwaitsBody">More of a request body is due, and wanted.</param>
/// <param name="Responding">The answer has begun.</param>
/// <param name="Unsent">Bytes of the answer that the client has not taken, and <paramref name="Written"/> those it
/// has taken since it came.</param>
internal readonly record struct ClientDuty(
    ClientPhase Phase, bool First, bool AwaitsBody, bool Responding, int Unsent, long Written);

/// <summary>How long a client may take, and whether it took too long. Pure: takes the time (microseconds) and tells
/// the next moment to look again. A value inside its connection.</summary>
internal struct ClientPatience
{
    /// <summary>How long is read on after the last answer so that a client still sending gets to see it instead of a
    /// reset (RFC 9112 §9.6).</summary>
    private const long LingerMicroseconds = 2_000_000;

    private RateGuard _reading;
    private RateGuard _writing;
    private long _phaseSince;
    private long _lastBody;
    private long _endedAt;
    private long _writtenMark;
    private bool _watchesWrites;

    /// <summary>When the phase began, or the last byte of a tunnel passed.</summary>
    public readonly long PhaseSince => _phaseSince;

    /// <summary>The client has ended its sending side.</summary>
    public readonly bool HasEnded => _endedAt != 0;

    public void Enter(long now) => _phaseSince = now;

    public void BeginBody(long now)
    {
        _lastBody = now;
        _reading.Start(now);
    }

    public void OnBody(long now, int count)
    {
        _lastBody = now;
        _reading.Count(count);
    }

    /// <summary>The body is not wanted for now; the client's time stands still.</summary>
    public void PauseBody(long now) => _reading.Pause(now);

    public void ResumeBody(long now)
    {
        _lastBody = now;
        _reading.Resume(now);
    }

    /// <summary>From now on the client owes us taking what is unsent.</summary>
    public bool WatchWrites(long now, int unsent, long written)
    {
        if (unsent == 0 || _watchesWrites)
        {
            return false;
        }

        _watchesWrites = true;
        _writtenMark = written;
        _writing.Start(now);
        return true;
    }

    /// <summary>The client has taken everything; its time for the next request begins only now.</summary>
    public void OnDrained(ClientPhase phase, long now)
    {
        _watchesWrites = false;
        if (phase == ClientPhase.Idle)
        {
            _phaseSince = now;
        }
    }

    /// <summary>The client will send nothing more; each answer it still waits for gets its time from here.</summary>
    public void OnEnded(long now) => _endedAt = now;

    /// <summary>A request that was sent before the end begins only now.</summary>
    public void BeginExchange(long now) => _endedAt = _endedAt == 0 ? 0 : now;

    /// <summary>When to look again at the latest; never when nothing is due.</summary>
    public readonly long Deadline(in ClientDuty duty, ClientTimeouts limits) => duty.Phase switch
    {
        ClientPhase.Idle when _watchesWrites => WriteDeadline(limits),
        ClientPhase.Idle => After(_phaseSince, duty.First ? limits.Head : limits.KeepAlive),
        ClientPhase.Head => After(_phaseSince, limits.Head),
        ClientPhase.Exchange => Math.Min(
            Math.Min(BodyDeadline(duty, limits), WriteDeadline(limits)), EndDeadline(duty, limits)),
        ClientPhase.Tunnel => After(_phaseSince, limits.TunnelIdle),
        ClientPhase.Lingering => Math.Max(
            _phaseSince + LingerMicroseconds, duty.Unsent > 0 ? WriteDeadline(limits) : 0),
        _ => TimerNode.Never,
    };

    /// <summary>Whether the client has failed its duties.</summary>
    public ProxyFault Judge(long now, in ClientDuty duty, ClientTimeouts limits)
    {
        switch (duty.Phase)
        {
            case ClientPhase.Exchange:
                break;
            case ClientPhase.Head:
                return now >= Deadline(duty, limits) ? ProxyFault.ClientHeadTimeout : ProxyFault.None;
            case ClientPhase.Idle or ClientPhase.Lingering
                when _watchesWrites && !TakesTooSlowly(now, duty, limits):
                // Slow, but still taking its answer.
                return ProxyFault.None;
            default:
                return ProxyFault.ClientIdle;
        }

        if (now >= EndDeadline(duty, limits))
        {
            return ProxyFault.ClientAborted;
        }

        if (now >= WriteDeadline(limits) && TakesTooSlowly(now, duty, limits))
        {
            return ProxyFault.ClientTooSlow;
        }

        if (!duty.AwaitsBody)
        {
            return ProxyFault.None;
        }

        bool idle = now >= After(_lastBody, limits.BodyIdle);
        bool slow = !idle && now >= _reading.NextCheck(limits.MinRate, limits.RateGrace)
            && _reading.IsTooSlow(now, limits.MinRate);
        return idle || slow ? ProxyFault.ClientBodyTimeout : ProxyFault.None;
    }

    private bool TakesTooSlowly(long now, in ClientDuty duty, ClientTimeouts limits)
    {
        if (duty.Unsent == 0)
        {
            _watchesWrites = false;
            return false;
        }

        _writing.Count(duty.Written - _writtenMark);
        bool stuck = _writing.Bytes == 0;
        _writtenMark = duty.Written;
        return _writing.IsTooSlow(now, limits.MinRate) || stuck;
    }

    private readonly long BodyDeadline(in ClientDuty duty, ClientTimeouts limits) => duty.AwaitsBody
        ? Math.Min(After(_lastBody, limits.BodyIdle), _reading.NextCheck(limits.MinRate, limits.RateGrace))
        : TimerNode.Never;

    private readonly long WriteDeadline(ClientTimeouts limits) => _watchesWrites && limits.WriteIdle != TimeSpan.Zero
        ? _writing.NextCheck(1, limits.WriteIdle)
        : TimerNode.Never;

    private readonly long EndDeadline(in ClientDuty duty, ClientTimeouts limits) =>
        HasEnded && !duty.Responding ? After(_endedAt, limits.HalfClosed) : TimerNode.Never;

    private static long After(long since, TimeSpan limit) =>
        limit == TimeSpan.Zero ? TimerNode.Never : since + (limit.Ticks / TimeSpan.TicksPerMicrosecond);
}
