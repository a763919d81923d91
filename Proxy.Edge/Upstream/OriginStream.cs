using Proxy.Edge.Engine;
using Proxy.Edge.Http;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Timing;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Upstream;

/// <summary>One request to an origin and its answer, whatever the origin speaks. Leased to one exchange at a time. It
/// frames messages and watches the origin's time-outs; what the messages mean is the business of its user, whose
/// messages are HTTP/1.1 text. Loop thread only.</summary>
public abstract class OriginStream : TimerNode
{
    private static readonly OriginTimeouts DefaultTimeouts = new();

    private readonly IEventLoop _loop;
    private OriginTimeouts _timeouts = DefaultTimeouts;
    private RateGuard _rate;
    private long _phaseSince;
    private long _takenMark;

    private protected OriginStream(IEventLoop loop)
    {
        _loop = loop;
        _phaseSince = loop.Now;
    }

    private protected enum Phase : byte
    {
        Connecting,
        Idle,
        Head,
        Body,
        Tunnel,
        Closed,
    }

    public abstract LoopMember Member { get; }

    /// <summary>Has served a request before, so a failure before any answer may just mean that it was closed as
    /// idle.</summary>
    public abstract bool IsReused { get; }

    /// <summary>The connection stands; false means that nothing can have reached the origin.</summary>
    public abstract bool IsConnected { get; }

    /// <summary>After a fault: the origin has promised that it did nothing with the request, so it may be sent again
    /// whatever its method.</summary>
    public virtual bool IsUnprocessed => false;

    /// <summary>How long connecting took for the exchange in hand; 0 on a kept connection.</summary>
    public long ConnectMicroseconds { get; private protected set; }

    /// <summary>Bytes of the request that the transport has not taken.</summary>
    public abstract int UnsentBytes { get; }

    /// <summary>Bytes still missing of a response body with a known length that the kernel could move.</summary>
    public virtual long BodyRemaining => 0;

    /// <summary>A head and the beginning of the body. The bytes in front of the body may be overwritten.</summary>
    public void SendBoth(byte[] head, int length, byte[] buffer, int bodyStart, int bodyCount)
    {
        if (bodyCount > 0 && bodyStart >= length)
        {
            // Both leave in one send.
            Buffer.BlockCopy(head, 0, buffer, bodyStart - length, length);
            SendHead(buffer, bodyStart - length, length, bodyCount);
            return;
        }

        SendHead(head, 0, length, 0);
        Send(buffer, bodyStart, bodyCount);
    }

    /// <summary>Between <see cref="PauseReading"/> and <see cref="ResumeReading"/>.</summary>
    public bool IsPaused { get; private set; }

    private protected IOriginUser? User { get; set; }

    private protected Phase State { get; set; } = Phase.Connecting;

    private protected bool IsRequestComplete { get; private set; }

    private protected Method Method { get; private set; }

    /// <summary>Where the kernel moves the body to, while it does.</summary>
    private protected Channel? SplicedTo { get; set; }

    /// <summary>Bytes of the request the transport has taken so far.</summary>
    private protected abstract long TakenBytes { get; }

    /// <summary>Starts an exchange. Send the head next; unless the whole request is sent now, call
    /// <see cref="RequestComplete"/> when the last byte was handed over.</summary>
    public void Begin(IOriginUser user, Method method, bool upgradeAsked, bool complete, OriginTimeouts timeouts)
    {
        User = user;
        SplicedTo = null;
        IsPaused = false;
        Method = method;
        IsRequestComplete = complete;
        _timeouts = timeouts;
        OnBegin(upgradeAsked);
        if (IsConnected)
        {
            ConnectMicroseconds = 0;
            Enter(Phase.Head);
        }
        else
        {
            Arm();
        }
    }

    /// <summary>Hands over the head, complete and as HTTP/1.1 text, and body bytes right behind it.</summary>
    public abstract void SendHead(byte[] buffer, int start, int headCount, int bodyCount);

    /// <summary>Hands over body bytes in HTTP/1.1 framing. The buffer is not changed and not kept.</summary>
    public abstract void Send(byte[] buffer, int start, int count);

    /// <summary>The whole request was handed over: from now on the origin has its response time-out.</summary>
    public void RequestComplete()
    {
        IsRequestComplete = true;
        if (State == Phase.Head)
        {
            _phaseSince = _loop.Now;
            Arm();
        }
    }

    /// <summary>More request body follows and the origin is slow to take it: its write time-out runs from
    /// now.</summary>
    public void AwaitDrain()
    {
        _takenMark = TakenBytes;
        _phaseSince = _loop.Now;
        Arm();
    }

    /// <summary>The client is slow: no more of the response until <see cref="ResumeReading"/>, and the origin's time
    /// stands still.</summary>
    public void PauseReading()
    {
        IsPaused = true;
        _rate.Pause(_loop.Now);
        if (State != Phase.Connecting)
        {
            PauseTransport();
        }

        Arm();
    }

    public void ResumeReading()
    {
        _rate.Resume(_loop.Now);
        _phaseSince = State == Phase.Body || (IsPaused && State == Phase.Head) ? _loop.Now : _phaseSince;
        IsPaused = false;
        ResumeTransport();
        Arm();
    }

    /// <summary>Has the kernel move the rest of a body of known length to the client; false when that cannot be
    /// done.</summary>
    public virtual bool SpliceTo(Channel client) => false;

    /// <summary>Ends the sending direction of a tunnel.</summary>
    public abstract void EndTunnel();

    /// <summary>Gives the exchange up; the user is not told.</summary>
    public abstract void Close();

    public override void OnTimer(long now)
    {
        long deadline = Deadline();
        if (deadline > now)
        {
            _loop.Timers.Set(this, deadline);
            return;
        }

        switch (State)
        {
            case Phase.Connecting:
                Fault(ProxyFault.ConnectTimeout);
                break;
            case Phase.Head when !IsRequestComplete && TakenBytes != _takenMark:
                // Slow, but still taking the request.
                _takenMark = TakenBytes;
                _phaseSince = now;
                Arm();
                break;
            case Phase.Head:
                Fault(ProxyFault.OriginHeadTimeout);
                break;
            case Phase.Body when SplicedTo is { UnsentBytes: > 0 }:
                // The client is the slow one; its own time-outs begin when it is told that nothing moved.
                _phaseSince = now;
                _rate.Start(now);
                Arm();
                User!.OnResponseSpliced(0, done: false);
                break;
            case Phase.Body when now < Idle(_timeouts.BodyIdle):
                if (_rate.IsTooSlow(now, _timeouts.MinRate))
                {
                    Fault(ProxyFault.OriginTooSlow);
                }
                else
                {
                    Arm();
                }

                break;
            case Phase.Body:
                Fault(ProxyFault.OriginBodyTimeout);
                break;
            default:
                Close();
                break;
        }
    }

    private protected abstract void OnBegin(bool upgradeAsked);

    /// <summary>The member's next address is to be tried.</summary>
    private protected abstract void OnConnectFailed();

    private protected abstract void PauseTransport();

    private protected abstract void ResumeTransport();

    /// <summary>The connection stands, maybe with a user that waits for it.</summary>
    private protected void Connected()
    {
        ConnectMicroseconds = _loop.Now - _phaseSince;
        if (User is not null)
        {
            Enter(Phase.Head);
            if (IsPaused)
            {
                PauseTransport();
            }
        }
    }

    private protected void EnterBody(long received)
    {
        _rate.Start(_loop.Now);
        _rate.Count(received);
        if (IsPaused)
        {
            // What was on its way already.
            _rate.Pause(_loop.Now);
        }

        Enter(Phase.Body);
    }

    private protected void CountBody(long received)
    {
        _phaseSince = _loop.Now;
        _rate.Count(received);
    }

    private protected void Fault(ProxyFault fault)
    {
        IOriginUser? user = User;
        if (!IsConnected)
        {
            OnConnectFailed();
        }

        Close();
        user?.OnOriginFault(fault);
    }

    private protected void Enter(Phase phase)
    {
        State = phase;
        _phaseSince = _loop.Now;
        Arm();
    }

    private protected void Restart() => _phaseSince = _loop.Now;

    private protected void StopTimer() => _loop.Timers.Remove(this);

    private void Arm() => _loop.Timers.Set(this, Deadline());

    private long Deadline() => State switch
    {
        Phase.Connecting => Idle(_timeouts.Connect),
        Phase.Idle => Idle(Member.Reuse.IdleTimeout),
        Phase.Head when IsPaused => TimerNode.Never,
        Phase.Head when IsRequestComplete => Idle(_timeouts.Response),
        Phase.Head when UnsentBytes > 0 => Idle(_timeouts.WriteIdle),
        Phase.Body when !_rate.IsPaused => Math.Min(
            Idle(_timeouts.BodyIdle), _rate.NextCheck(_timeouts.MinRate, _timeouts.RateGrace)),
        _ => TimerNode.Never,
    };

    private long Idle(TimeSpan limit) =>
        limit == TimeSpan.Zero ? TimerNode.Never : _phaseSince + (limit.Ticks / TimeSpan.TicksPerMicrosecond);
}
