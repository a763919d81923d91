using Proxy.Edge.Engine;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Tls;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Upstream;

/// <summary>One HTTP/1.1 connection to an origin. It is leased to one exchange at a time and otherwise kept by its
/// member.</summary>
public sealed class Http1Origin : OriginStream, IChannelHandler
{
    /// <summary>Interim responses before one final response. Real origins send one or two; endless ones would hold
    /// the exchange.</summary>
    internal const int MaxInterim = 16;

    private static readonly Http1Limits Limits = new();

    private readonly OriginServices _services;
    private readonly Channel _channel;
    private readonly TlsClientContext? _tlsContext;
    private BodyReader _body;
    private byte[]? _held;
    private int _heldCount;
    private int _scanned;
    private bool _connected;
    private bool _upgradeAsked;
    private bool _keepable;
    private int _interim;
    private int _served;

    internal Http1Origin(OriginServices services, LoopMember member, SocketTarget address)
        : base(services.Loop)
    {
        _services = services;
        Member = member;
        _tlsContext = member.Plan.Tls?.Context;
        _channel = member.Connect(address, this, offerHttp2: false);
    }

    /// <summary>Takes over a channel whose handshake chose HTTP/1.1; it has a member's look of a kept
    /// connection.</summary>
    internal Http1Origin(OriginServices services, LoopMember member, Channel connected)
        : base(services.Loop)
    {
        _services = services;
        Member = member;
        _tlsContext = member.Plan.Tls?.Context;
        _channel = connected;
        _channel.Handler = this;
        _connected = true;
        Enter(Phase.Idle);
    }

    public override LoopMember Member { get; }

    public override bool IsReused => _served > 1;

    public override bool IsConnected => _connected;

    public override int UnsentBytes => _channel.UnsentBytes;

    public override long BodyRemaining => _body.Kind == BodyKind.Length ? _body.Remaining : 0;

    internal Http1Origin? Newer { get; set; }

    internal Http1Origin? Older { get; set; }

    internal bool IsKept { get; set; }

    private protected override long TakenBytes => _channel.WrittenBytes;

    public override void SendHead(byte[] buffer, int start, int headCount, int bodyCount) =>
        Send(buffer, start, headCount + bodyCount);

    public override void Send(byte[] buffer, int start, int count)
    {
        Member.Counters.BytesToOrigin += count;
        _channel.Send(buffer, start, count);
    }

    public override bool SpliceTo(Channel client)
    {
        if (_body.Kind != BodyKind.Length || !_channel.SpliceTo(client, _body.Remaining))
        {
            return false;
        }

        SplicedTo = client;
        return true;
    }

    public override void EndTunnel() => _channel.ShutdownSend();

    public override void Close()
    {
        if (State == Phase.Closed)
        {
            return;
        }

        if (IsKept)
        {
            Member.Unlink(this);
        }

        bool reset = State == Phase.Tunnel && !_channel.IsEnded;
        State = Phase.Closed;
        User = null;
        SplicedTo = null;
        DropHeld();
        StopTimer();
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

    /// <summary>A kept connection that got input or ended while nobody used it. One that has not been used at all may
    /// still have the rest of its handshake to read.</summary>
    internal bool IsStale() => _served > 0 && _channel.HasUnreadInput();

    public void OnConnected()
    {
        _connected = true;
        Connected();
    }

    public void OnData(byte[] buffer, int offset, int count)
    {
        Member.Counters.BytesFromOrigin += count;
        switch (State)
        {
            case Phase.Head:
                ReadHead(buffer, offset, count);
                break;
            case Phase.Body:
                ReadBody(buffer, offset, count);
                break;
            case Phase.Tunnel:
                User!.OnTunnelData(buffer, offset, count);
                break;
            default:
                // Bytes nobody asked for: whatever they are, they must not become the answer to somebody's request.
                Close();
                break;
        }
    }

    public void OnEnd()
    {
        switch (State)
        {
            case Phase.Tunnel:
                User!.OnTunnelEnd();
                break;
            case Phase.Body when _body.EndsWithConnection && !_channel.IsTruncated:
                IOriginUser user = Release(keep: false);
                user.OnResponseBody([], 0, 0, done: true);
                break;
            default:
                Fault(State == Phase.Body ? ProxyFault.ResponseCutOff : ProxyFault.OriginClosedEarly);
                break;
        }
    }

    public void OnDrained() => User?.OnRequestDrained();

    public void OnSpliced(long count, bool done)
    {
        Member.Counters.BytesFromOrigin += count;
        CountBody(count);
        _body.Skip(count);
        if (!done)
        {
            User!.OnResponseSpliced(count, done: false);
            return;
        }

        SplicedTo = null;
        Release(_keepable).OnResponseSpliced(count, done: true);
    }

    public void OnFailed(ChannelError error)
    {
        ProxyFault fault = OriginFault.Of(error);
        Fault(fault == ProxyFault.OriginReset && State == Phase.Body ? ProxyFault.ResponseCutOff : fault);
    }

    private protected override void OnBegin(bool upgradeAsked)
    {
        _upgradeAsked = upgradeAsked;
        _interim = 0;
        _scanned = 0;
        _served++;
    }

    private protected override void OnConnectFailed() => Member.NextAddress();

    private protected override void PauseTransport() => _channel.Pause();

    private protected override void ResumeTransport() => _channel.Resume();

    private void ReadHead(byte[] buffer, int offset, int count)
    {
        byte[]? detached = null;
        if (_held is not null)
        {
            Hold(buffer, offset, count);
            (detached, buffer, offset, count) = (_held, _held, 0, _heldCount);
        }

        ResponseHead head = _services.Heads.Response;
        while (true)
        {
            HeadStatus status = ResponseHeadParser.Parse(
                buffer, offset, count, ref _scanned, head, Limits, Method, out HeadFault fault);
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

            User!.OnInterim(head);
            if (State != Phase.Head)
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
            _services.Loop.Buffers.Return(detached);
        }
    }

    private void OnFinalHead(ResponseHead head, byte[] buffer, int offset, int count)
    {
        IOriginUser user = User!;
        if (head.Status == 101)
        {
            if (!_upgradeAsked || !IsRequestComplete || !user.IsUpgradeAskedFor(head))
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

        EnterBody(step.Produced);
        user.OnResponse(head, buffer, offset, step.Produced, done: false);
        if (_body.IsDone && User is not null)
        {
            FinishWithTail(step.Consumed == count);
        }
    }

    private void ReadBody(byte[] buffer, int offset, int count)
    {
        IOriginUser user = User!;
        CountBody(count);
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
        byte[] copy = _services.Loop.Buffers.Rent(tail.Length);
        tail.CopyTo(copy);
        bool lines = User!.ChunkedOutput == ChunkedOutput.PayloadAndTrailers;
        IOriginUser user = Release(_keepable && clean);
        if (lines)
        {
            user.OnResponseTrailers(copy, 0, tail.Length);
        }
        else
        {
            user.OnResponseBody(copy, 0, tail.Length, done: true);
        }

        _services.Loop.Buffers.Return(copy);
    }

    /// <summary>The response is complete: keeps the connection or closes it, before its user goes on to something
    /// else.</summary>
    private IOriginUser Release(bool keep)
    {
        IOriginUser user = User!;
        User = null;
        ReusePlan reuse = Member.Reuse;
        if (keep && reuse.Enabled && !Member.IsRetired && ReferenceEquals(_tlsContext, Member.Plan.Tls?.Context)
            && IsRequestComplete && _channel.UnsentBytes == 0 && !_channel.IsEnded
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

    private void Hold(byte[] buffer, int offset, int count)
    {
        // Tailroom, because a body behind the head may be framed where it lies.
        int needed = _heldCount + count + Channel.Tailroom;
        if (_held is null || needed > _held.Length)
        {
            byte[] larger = _services.Loop.Buffers.Rent(Math.Max(4096, needed * 2));
            if (_held is not null)
            {
                Buffer.BlockCopy(_held, 0, larger, 0, _heldCount);
                _services.Loop.Buffers.Return(_held);
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
            _services.Loop.Buffers.Return(_held);
            _held = null;
            _heldCount = 0;
        }
    }
}
