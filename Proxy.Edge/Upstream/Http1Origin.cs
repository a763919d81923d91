using Proxy.Edge.Engine;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Timing;
using Proxy.Edge.Tls;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Upstream;

/// <summary>One HTTP/1.1 connection to an origin. It frames responses and watches the origin's time-outs; what the
/// messages mean is the business of its user. It is leased to one exchange at a time and otherwise kept by its
/// member.</summary>
public sealed class Http1Origin : TimerNode, IChannelHandler
{
    /// <summary>Interim responses before one final response. Real origins send one or two; endless ones would hold
    /// the exchange.</summary>
    private const int MaxInterim = 16;

    private enum Phase : byte
    {
        Connecting,
        Idle,
        Head,
        Body,
        Tunnel,
        Closed,
    }

    private static readonly Http1Limits Limits = new();
    private static readonly OriginTimeouts DefaultTimeouts = new();

    private readonly IEventLoop _loop;
    private readonly HeadWorkspace _workspace;
    private readonly Channel _channel;
    private readonly TlsClientContext? _tlsContext;
    private IOriginUser? _user;
    private Channel? _spliceTarget;
    private OriginTimeouts _timeouts = DefaultTimeouts;
    private BodyReader _body;
    private RateGuard _rate;
    private byte[]? _held;
    private int _heldCount;
    private int _scanned;
    private long _phaseSince;
    private long _writtenMark;
    private Phase _phase = Phase.Connecting;
    private Method _method;
    private bool _connected;
    private bool _requestComplete;
    private bool _upgradeAsked;
    private bool _keepable;
    private int _interim;
    private int _served;

    internal Http1Origin(IEventLoop loop, HeadWorkspace workspace, LoopMember member, SocketTarget address)
    {
        _loop = loop;
        _workspace = workspace;
        Member = member;
        _phaseSince = loop.Now;
        Address = address;
        _tlsContext = member.Plan.Tls?.Context;
        _channel = member.Connect(address, this);
    }

    public LoopMember Member { get; }

    public SocketTarget Address { get; }

    /// <summary>Has served a request before, so a failure before any answer may just mean that it was closed as
    /// idle.</summary>
    public bool IsReused => _served > 1;

    /// <summary>The connection stands; false means that nothing can have reached the origin.</summary>
    public bool IsConnected => _connected;

    /// <summary>How long connecting took for the exchange in hand; 0 on a kept connection.</summary>
    public long ConnectMicroseconds { get; private set; }

    /// <summary>Bytes of the request that the kernel has not taken.</summary>
    public int UnsentBytes => _channel.UnsentBytes;

    internal Http1Origin? Newer { get; set; }

    internal Http1Origin? Older { get; set; }

    internal bool IsKept { get; set; }

    /// <summary>Starts an exchange. Send the head next; unless the whole request is sent now, call
    /// <see cref="RequestComplete"/> when the last byte was handed over.</summary>
    public void Begin(IOriginUser user, Method method, bool upgradeAsked, bool complete, OriginTimeouts timeouts)
    {
        _user = user;
        _spliceTarget = null;
        _method = method;
        _upgradeAsked = upgradeAsked;
        _timeouts = timeouts;
        _requestComplete = complete;
        _interim = 0;
        _scanned = 0;
        _served++;
        if (_connected)
        {
            ConnectMicroseconds = 0;
            Enter(Phase.Head);
        }
        else
        {
            Arm();
        }
    }

    public void Send(byte[] buffer, int start, int count)
    {
        Member.Counters.BytesToOrigin += count;
        _channel.Send(buffer, start, count);
    }

    /// <summary>The whole request was handed over: from now on the origin has its response time-out.</summary>
    public void RequestComplete()
    {
        _requestComplete = true;
        if (_phase == Phase.Head)
        {
            _phaseSince = _loop.Now;
            Arm();
        }
    }

    /// <summary>More request body follows and the origin is slow to take it: its write time-out runs from
    /// now.</summary>
    public void AwaitDrain()
    {
        _writtenMark = _channel.WrittenBytes;
        _phaseSince = _loop.Now;
        Arm();
    }

    /// <summary>The client is slow: no more of the response until <see cref="ResumeReading"/>, and the origin's time
    /// stands still.</summary>
    public void PauseReading()
    {
        _rate.Pause(_loop.Now);
        _channel.Pause();
        Arm();
    }

    public void ResumeReading()
    {
        _rate.Resume(_loop.Now);
        _phaseSince = _phase == Phase.Body ? _loop.Now : _phaseSince;
        _channel.Resume();
        Arm();
    }

    /// <summary>Has the kernel move the rest of a body of known length to the client; false when that cannot be
    /// done.</summary>
    public bool SpliceTo(Channel client)
    {
        if (_body.Kind != BodyKind.Length || !_channel.SpliceTo(client, _body.Remaining))
        {
            return false;
        }

        _spliceTarget = client;
        return true;
    }

    /// <summary>Bytes still missing of a response body with a known length.</summary>
    public long BodyRemaining => _body.Kind == BodyKind.Length ? _body.Remaining : 0;

    /// <summary>Ends the sending direction of a tunnel.</summary>
    public void EndTunnel() => _channel.ShutdownSend();

    /// <summary>Gives the connection up; the user is not told.</summary>
    public void Close()
    {
        if (_phase == Phase.Closed)
        {
            return;
        }

        if (IsKept)
        {
            Member.Unlink(this);
        }

        bool reset = _phase == Phase.Tunnel && !_channel.IsEnded;
        _phase = Phase.Closed;
        _user = null;
        _spliceTarget = null;
        DropHeld();
        _loop.Timers.Remove(this);
        if (reset)
        {
            // The client broke off: an orderly end would look to the origin like the end of what it had to say.
            _channel.Abort();
        }
        else
        {
            _channel.Close();
        }
    }

    /// <summary>A kept connection that got input or ended while nobody used it.</summary>
    internal bool IsStale() => _channel.HasUnreadInput();

    public void OnConnected()
    {
        _connected = true;
        ConnectMicroseconds = _loop.Now - _phaseSince;
        if (_user is not null)
        {
            Enter(Phase.Head);
        }
    }

    public void OnData(byte[] buffer, int offset, int count)
    {
        Member.Counters.BytesFromOrigin += count;
        switch (_phase)
        {
            case Phase.Head:
                ReadHead(buffer, offset, count);
                break;
            case Phase.Body:
                ReadBody(buffer, offset, count);
                break;
            case Phase.Tunnel:
                _user!.OnTunnelData(buffer, offset, count);
                break;
            default:
                // Bytes nobody asked for: whatever they are, they must not become the answer to somebody's request.
                Close();
                break;
        }
    }

    public void OnEnd()
    {
        switch (_phase)
        {
            case Phase.Tunnel:
                _user!.OnTunnelEnd();
                break;
            case Phase.Body when _body.EndsWithConnection && !_channel.IsTruncated:
                IOriginUser user = Release(keep: false);
                user.OnResponseBody([], 0, 0, done: true);
                break;
            default:
                Fault(_phase == Phase.Body ? ProxyFault.ResponseCutOff : ProxyFault.OriginClosedEarly);
                break;
        }
    }

    public void OnDrained() => _user?.OnRequestDrained();

    public void OnSpliced(long count, bool done)
    {
        Member.Counters.BytesFromOrigin += count;
        _rate.Count(count);
        _body.Skip(count);
        _phaseSince = _loop.Now;
        if (!done)
        {
            _user!.OnResponseSpliced(count, done: false);
            return;
        }

        _spliceTarget = null;
        Release(_keepable).OnResponseSpliced(count, done: true);
    }

    public void OnFailed(ChannelError error)
    {
        Fault(error switch
        {
            ChannelError.ConnectRefused => ProxyFault.ConnectRefused,
            ChannelError.ConnectTimeout => ProxyFault.ConnectTimeout,
            ChannelError.ConnectFailed => ProxyFault.ConnectFailed,
            ChannelError.TlsFailed => ProxyFault.OriginTlsFailed,
            ChannelError.CertificateRejected => ProxyFault.OriginCertificateRejected,
            ChannelError.HandlerFailed => ProxyFault.Internal,
            _ => _phase == Phase.Body ? ProxyFault.ResponseCutOff : ProxyFault.OriginReset,
        });
    }

    public override void OnTimer(long now)
    {
        long deadline = Deadline();
        if (deadline > now)
        {
            _loop.Timers.Set(this, deadline);
            return;
        }

        switch (_phase)
        {
            case Phase.Connecting:
                Fault(ProxyFault.ConnectTimeout);
                break;
            case Phase.Head when !_requestComplete && _channel.WrittenBytes != _writtenMark:
                // Slow, but still taking the request.
                _writtenMark = _channel.WrittenBytes;
                _phaseSince = now;
                Arm();
                break;
            case Phase.Head:
                Fault(ProxyFault.OriginHeadTimeout);
                break;
            case Phase.Body when _spliceTarget is { UnsentBytes: > 0 }:
                // The client is the slow one; its own time-outs begin when it is told that nothing moved.
                _phaseSince = now;
                _rate.Start(now);
                Arm();
                _user!.OnResponseSpliced(0, done: false);
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

    private void ReadHead(byte[] buffer, int offset, int count)
    {
        byte[]? detached = null;
        if (_held is not null)
        {
            Hold(buffer, offset, count);
            (detached, buffer, offset, count) = (_held, _held, 0, _heldCount);
        }

        ResponseHead head = _workspace.Response;
        while (true)
        {
            HeadStatus status = ResponseHeadParser.Parse(
                buffer, offset, count, ref _scanned, head, Limits, _method, out HeadFault fault);
            if (status == HeadStatus.Incomplete)
            {
                Rehold(detached, buffer, offset, count);
                return;
            }

            if (status == HeadStatus.Invalid)
            {
                Fault(fault is HeadFault.HeadTooLarge or HeadFault.TooManyFields
                    ? ProxyFault.ResponseHeadTooLarge
                    : ProxyFault.BadResponse);
                return;
            }

            int used = head.End - offset;
            offset += used;
            count -= used;
            _scanned = 0;
            if (!head.IsInterim)
            {
                break;
            }

            if (++_interim > MaxInterim)
            {
                Fault(ProxyFault.BadResponse);
                return;
            }

            _user!.OnInterim(head);
            if (_phase != Phase.Head)
            {
                return;
            }
        }

        // From here the held bytes are this call's: the callbacks may start the next exchange on this very connection.
        _held = null;
        _heldCount = 0;
        OnFinalHead(head, buffer, offset, count);
        if (detached is not null)
        {
            _loop.Buffers.Return(detached);
        }
    }

    private void OnFinalHead(ResponseHead head, byte[] buffer, int offset, int count)
    {
        IOriginUser user = _user!;
        if (head.Status == 101)
        {
            if (!_upgradeAsked || !_requestComplete || !user.IsUpgradeAskedFor(head))
            {
                Fault(ProxyFault.UnaskedUpgrade);
                return;
            }

            Enter(Phase.Tunnel);
            user.OnUpgraded(head, buffer, offset, count);
            return;
        }

        _body.Begin(head);
        _keepable = !head.HasClose && (!head.IsHttp10 || head.HasKeepAlive) && head.Body != BodyKind.UntilClose;
        BodyStep step = _body.Step(buffer, offset, count, user.ChunkedOutput, Limits);
        if (step.Fault != HeadFault.None)
        {
            Fault(ProxyFault.BadResponse);
            return;
        }

        if (_body.IsDone && _body.Tail.IsEmpty)
        {
            // Bytes behind a complete answer belong to nobody; a connection that has them is not used again.
            Release(_keepable && step.Consumed == count);
            user.OnResponse(head, buffer, offset, step.Produced, done: true);
            return;
        }

        Enter(Phase.Body);
        _rate.Start(_loop.Now);
        _rate.Count(step.Produced);
        user.OnResponse(head, buffer, offset, step.Produced, done: false);
        if (_body.IsDone && _user is not null)
        {
            FinishWithTail(step.Consumed == count);
        }
    }

    private void ReadBody(byte[] buffer, int offset, int count)
    {
        IOriginUser user = _user!;
        _phaseSince = _loop.Now;
        _rate.Count(count);
        BodyStep step = _body.Step(buffer, offset, count, user.ChunkedOutput, Limits);
        if (step.Fault != HeadFault.None)
        {
            Fault(ProxyFault.BadResponse);
            return;
        }

        if (step.Done && !_body.Tail.IsEmpty)
        {
            user.OnResponseBody(buffer, offset, step.Produced, done: false);
            FinishWithTail(step.Consumed == count);
            return;
        }

        if (step.Done)
        {
            Release(_keepable && step.Consumed == count);
        }

        if (step.Done || step.Produced > 0)
        {
            user.OnResponseBody(buffer, offset, step.Produced, step.Done);
        }
    }

    /// <summary>Ends a body whose last bytes (trailers that came in pieces) lie in the decoder.</summary>
    private void FinishWithTail(bool clean)
    {
        ReadOnlySpan<byte> tail = _body.Tail;
        byte[] copy = _loop.Buffers.Rent(tail.Length);
        tail.CopyTo(copy);
        bool lines = _user!.ChunkedOutput == ChunkedOutput.PayloadAndTrailers;
        IOriginUser user = Release(_keepable && clean);
        if (lines)
        {
            user.OnResponseTrailers(copy, 0, tail.Length);
        }
        else
        {
            user.OnResponseBody(copy, 0, tail.Length, done: true);
        }

        _loop.Buffers.Return(copy);
    }

    /// <summary>The response is complete: keeps the connection or closes it, before its user goes on to something
    /// else.</summary>
    private IOriginUser Release(bool keep)
    {
        IOriginUser user = _user!;
        _user = null;
        ReusePlan reuse = Member.Reuse;
        if (keep && reuse.Enabled && !Member.IsRetired && ReferenceEquals(_tlsContext, Member.Plan.Tls?.Context)
            && _requestComplete && _channel.UnsentBytes == 0 && !_channel.IsEnded
            && (reuse.MaxRequests == 0 || _served < reuse.MaxRequests))
        {
            // A body that ended while its user had paused us leaves the pause behind.
            _channel.Resume();
            Member.Keep(this);
            Enter(Phase.Idle);
        }
        else
        {
            Close();
        }

        return user;
    }

    private void Fault(ProxyFault fault)
    {
        IOriginUser? user = _user;
        Close();
        user?.OnOriginFault(fault);
    }

    private void Enter(Phase phase)
    {
        _phase = phase;
        _phaseSince = _loop.Now;
        Arm();
    }

    private void Arm() => _loop.Timers.Set(this, Deadline());

    private long Deadline() => _phase switch
    {
        Phase.Connecting => Idle(_timeouts.Connect),
        Phase.Idle => Idle(Member.Reuse.IdleTimeout),
        Phase.Head when _requestComplete => Idle(_timeouts.Response),
        Phase.Head when _channel.UnsentBytes > 0 => Idle(_timeouts.WriteIdle),
        Phase.Body when !_rate.IsPaused => Math.Min(
            Idle(_timeouts.BodyIdle), _rate.NextCheck(_timeouts.MinRate, _timeouts.RateGrace)),
        _ => TimerNode.Never,
    };

    private long Idle(TimeSpan limit) =>
        limit == TimeSpan.Zero ? TimerNode.Never : _phaseSince + (limit.Ticks / TimeSpan.TicksPerMicrosecond);

    private void Hold(byte[] buffer, int offset, int count)
    {
        // Tailroom, because a body behind the head may be framed where it lies.
        int needed = _heldCount + count + Channel.Tailroom;
        if (_held is null || needed > _held.Length)
        {
            byte[] larger = _loop.Buffers.Rent(Math.Max(4096, needed * 2));
            if (_held is not null)
            {
                Buffer.BlockCopy(_held, 0, larger, 0, _heldCount);
                _loop.Buffers.Return(_held);
            }

            _held = larger;
        }

        Buffer.BlockCopy(buffer, offset, _held, _heldCount, count);
        _heldCount += count;
    }

    /// <summary>Keeps an incomplete head. When an interim head before it was consumed, the rest moves to the
    /// front.</summary>
    private void Rehold(byte[]? detached, byte[] buffer, int offset, int count)
    {
        if (detached is null)
        {
            Hold(buffer, offset, count);
        }
        else
        {
            Buffer.BlockCopy(buffer, offset, detached, 0, count);
            _heldCount = count;
        }
    }

    private void DropHeld()
    {
        if (_held is not null)
        {
            _loop.Buffers.Return(_held);
            _held = null;
            _heldCount = 0;
        }
    }
}
