using Proxy.Edge.Engine;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Edge.Relay;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Downstream;

/// <summary>One HTTP/1 connection of a client: frames its requests, one at a time, and its responses. Between
/// requests it owns no buffer and no exchange.</summary>
public sealed class Http1Client : ClientConnection, IChannelHandler, IClientStream
{
    /// <summary>Thrown away after the last answer; a client that sends more is cut off.</summary>
    private const long LingerBytes = 1 << 20;

    private readonly LoopServices _services;
    private readonly Channel _channel;
    private Exchange? _exchange;
    private RequestReader _input;
    private AnswerWriter _answer;
    private ClientPatience _patience;
    private long _lingered;
    private ClientPhase _phase;
    private bool _advancing;

    public Http1Client(
        LoopServices services, ListenerSlot slot, Channel channel, ClientAddress peer, int port, long serial)
        : base(slot, channel, peer, port, serial)
    {
        _services = services;
        _channel = channel;
        channel.Handler = this;
        Enter(ClientPhase.Idle);
    }

    public bool IsHttp2 => false;

    public int RequestNumber { get; private set; }

    public int UnsentBytes => _channel.UnsentBytes;

    public ChunkedOutput ChunkedOutput => _answer.IsHttp10 ? ChunkedOutput.StripFraming : ChunkedOutput.KeepFraming;

    public Channel? SpliceTarget => _answer.PassesBody ? _channel : null;

    internal override long IdleSince => _phase == ClientPhase.Idle ? _patience.PhaseSince : 0;

    private ClientTimeouts Timeouts => Listener.Plan.Timeouts;

    private ClientDuty Duty => new(
        _phase, RequestNumber == 0, _input.AwaitsBody, _answer.HasBegun, _channel.UnsentBytes, _channel.WrittenBytes);

    /// <summary>A client that pipelines but does not read has to wait: its answers would pile up here.</summary>
    private bool MayAnswer => _channel.UnsentBytes < RequestReader.MaxHeld;

    /// <summary>The handshake is done behind early data.</summary>
    public void OnConnected() => _exchange?.OnHandshakeDone();

    public void OnData(byte[] buffer, int offset, int count)
    {
        switch (_phase)
        {
            case ClientPhase.Idle:
                ReadHead(buffer, offset, count);
                break;
            case ClientPhase.Head:
                _input.Add(_services.Loop.Buffers, buffer, offset, count);
                Advance();
                break;
            case ClientPhase.Exchange:
                ReadBody(buffer, offset, count);
                break;
            case ClientPhase.Tunnel:
                _patience.Enter(_services.Loop.Now);
                _exchange!.OnTunnelFromClient(buffer, offset, count);
                break;
            default:
                _lingered += count;
                if (_lingered > LingerBytes)
                {
                    Close(ProxyFault.None);
                }

                break;
        }
    }

    public void OnEnd()
    {
        if (_phase == ClientPhase.Tunnel)
        {
            _exchange!.OnTunnelEndFromClient();
            return;
        }

        if (_phase == ClientPhase.Exchange && _input.BodyDone)
        {
            // Gone or only half-closed: nobody can tell, so the answer gets a little time.
            _answer.KeepsAlive &= !_input.HoldsNothing;
            _patience.OnEnded(_services.Loop.Now);
            Arm();
            return;
        }

        if (_phase != ClientPhase.Exchange && _channel.UnsentBytes > 0)
        {
            // Half-closed while its last answer is still on the way.
            CloseAfterFlush();
            return;
        }

        Close(ProxyFault.ClientAborted);
    }

    public void OnDrained()
    {
        _patience.OnDrained(_phase, _services.Loop.Now);
        if (!_channel.IsOpen)
        {
            Forget();
            return;
        }

        Arm();
        _exchange?.OnClientDrained();
        Advance();
    }

    public void OnSpliced(long count, bool done)
    {
        // Called by the channel for bytes that left this connection; a client's input is never spliced.
    }

    public void OnFailed(ChannelError error) => Close(ProxyFault.ClientAborted);

    public override void OnTimer(long now)
    {
        if (!_channel.IsOpen)
        {
            // An answer did not fit; found out in the middle of relaying it.
            Close(ProxyFault.Internal);
            return;
        }

        long deadline = _patience.Deadline(Duty, Timeouts);
        if (deadline > now)
        {
            _services.Loop.Timers.Set(this, deadline);
            return;
        }

        ProxyFault fault = _patience.Judge(now, Duty, Timeouts);
        switch (fault)
        {
            case ProxyFault.None:
                Arm();
                break;
            case ProxyFault.ClientIdle:
                // Idle connections end without a word (RFC 9112 §9.5), tunnels and lingering ones too.
                Close(ProxyFault.None);
                break;
            case ProxyFault.ClientHeadTimeout:
                // Nothing is known of this request, and what the last one was must not count.
                _answer = default;
                Reject(fault);
                break;
            case ProxyFault.ClientBodyTimeout:
                _exchange!.Fail(fault);
                break;
            default:
                Close(fault);
                break;
        }
    }

    public void SendInterim(ResponseHead head) => _answer.SendInterim(_channel, _services, head);

    public void SendResponse(
        ResponseHead head, ReadOnlySpan<byte> lines, byte[] buffer, int bodyStart, int bodyCount, bool done)
    {
        _answer.SendResponse(_channel, _services, head, lines, _input.BodyDone, buffer, bodyStart, bodyCount, done);
        WatchWrites();
    }

    public void SendBody(byte[] buffer, int start, int count, bool done)
    {
        _answer.SendBody(_channel, buffer, start, count, done);
        WatchWrites();
    }

    public void SendTrailers(byte[] buffer, int start, int count) =>
        throw new System.Diagnostics.UnreachableException("trailers are part of an HTTP/1 body");

    public void SendLocal(scoped in LocalAnswer answer)
    {
        _answer.SendLocal(_channel, _services, Listener, in answer);
        WatchWrites();
    }

    public void SendUpgrade(ResponseHead head, byte[] buffer, int start, int count)
    {
        _answer.SendUpgrade(_channel, _services, head, buffer, start, count);
        Enter(ClientPhase.Tunnel);
        WatchWrites();
        if (!_input.HoldsNothing)
        {
            // What the client sent right behind its request belongs to the new protocol.
            (byte[] held, int heldStart, int heldCount) = _input.TakeHeld();
            _exchange!.OnTunnelFromClient(held, heldStart, heldCount);
        }

        _input.Trim(_services.Loop.Buffers, _channel, readsHead: false);
    }

    public void SendTunnel(byte[] buffer, int start, int count)
    {
        _patience.Enter(_services.Loop.Now);
        _channel.Send(buffer, start, count);
        WatchWrites();
    }

    public void EndTunnel() => _channel.ShutdownSend();

    /// <summary>Body bytes were spliced to this connection.</summary>
    void IClientStream.OnSpliced(long count, bool done)
    {
        WatchWrites();
    }

    public void AbortResponse()
    {
        _exchange = null;
        if (_answer.EndsWithConnection || _phase == ClientPhase.Tunnel)
        {
            // An orderly close would look like the end of the message; so would it to a tunnel's peer.
            _channel.Abort();
        }

        CloseAfterFlush();
    }

    public void PauseBody()
    {
        if (_input.PauseBody(_channel))
        {
            _patience.PauseBody(_services.Loop.Now);
        }
    }

    public void ResumeBody()
    {
        if (_input.ResumeBody(_channel))
        {
            _patience.ResumeBody(_services.Loop.Now);
            Arm();
        }
    }

    public void ExchangeEnded()
    {
        _exchange = null;
        ResumeBody();
        if (_phase == ClientPhase.Tunnel)
        {
            CloseAfterFlush();
            return;
        }

        if (!_answer.KeepsAlive)
        {
            // Whoever did not ask for the end may have more on its way, which must not turn its answer into a reset.
            if (_input.BodyDone && _input.HoldsNothing && _answer.ClientCloses)
            {
                CloseAfterFlush();
            }
            else
            {
                BeginClose();
            }

            return;
        }

        Enter(ClientPhase.Idle);
        if (!_advancing)
        {
            Advance();
        }

        if (_patience.HasEnded && _phase is ClientPhase.Idle or ClientPhase.Head)
        {
            CloseAfterFlush();
        }
    }

    internal override void CloseNow() => Close(ProxyFault.ClientAborted);

    /// <summary>Takes fresh input between requests.</summary>
    private void ReadHead(byte[] buffer, int offset, int count)
    {
        if (MayAnswer && _input.HoldsNothing)
        {
            BeginHead();
            HeadStatus status = _input.Read(
                _services, Listener.Plan.Limits, buffer, offset, count, out BodyStep step, out ProxyFault fault);
            if (status != HeadStatus.Incomplete)
            {
                Take(status, buffer, step, fault);
                Advance();
                return;
            }

            _input.Add(_services.Loop.Buffers, buffer, offset, count);
            Enter(ClientPhase.Head);
            return;
        }

        _input.Hold(_services.Loop.Buffers, _channel, buffer, offset, count);
        Advance();
    }

    /// <summary>Works through held input: as many requests as are answered at once, until one has to wait.</summary>
    private void Advance()
    {
        _advancing = true;
        while (!_input.HoldsNothing && MayAnswer && _phase is ClientPhase.Idle or ClientPhase.Head)
        {
            BeginHead();
            HeadStatus status = _input.ReadHeld(
                _services, Listener.Plan.Limits, out byte[] buffer, out BodyStep step, out ProxyFault fault);
            if (status == HeadStatus.Incomplete)
            {
                if (_phase == ClientPhase.Idle)
                {
                    Enter(ClientPhase.Head);
                }

                break;
            }

            Take(status, buffer, step, fault);
            if (status == HeadStatus.Invalid)
            {
                break;
            }
        }

        _advancing = false;
        if (_phase != ClientPhase.Closed)
        {
            _input.Trim(_services.Loop.Buffers, _channel, readsHead: _phase == ClientPhase.Head);
        }
    }

    private void BeginHead()
    {
        if (_phase == ClientPhase.Idle)
        {
            FollowListener();
            _input.BeginHead();
        }
    }

    /// <summary>Starts the exchange of a request that was read, or rejects it.</summary>
    private void Take(HeadStatus status, byte[] buffer, BodyStep step, ProxyFault fault)
    {
        RequestHead head = _services.Workspace.Request;
        _answer.Begin(head);
        if (status == HeadStatus.Invalid)
        {
            Reject(fault);
        }
        else
        {
            StartExchange(head, buffer, step);
        }
    }

    private void StartExchange(RequestHead head, byte[] buffer, BodyStep step)
    {
        RequestNumber++;
        int most = Listener.Plan.MaxRequestsPerConnection;
        _answer.KeepsAlive &= (most == 0 || RequestNumber < most) && !_services.IsDraining;
        _exchange = _services.RentExchange();
        _phase = ClientPhase.Exchange;
        _patience.BeginExchange(_services.Loop.Now);
        if (!_input.BodyDone)
        {
            _patience.BeginBody(_services.Loop.Now);
        }

        Arm();
        _exchange.Start(this, head, buffer, head.End, step.Produced, _input.BodyDone);
    }

    private void ReadBody(byte[] buffer, int offset, int count)
    {
        if (_input.BodyDone)
        {
            _input.Hold(_services.Loop.Buffers, _channel, buffer, offset, count);
            return;
        }

        _patience.OnBody(_services.Loop.Now, count);
        BodyStep step = _input.ReadBody(
            _services.Loop.Buffers, _channel, Listener.Plan.Limits, buffer, offset, count);
        if (step.Fault != HeadFault.None)
        {
            _exchange!.Fail(ProxyFault.BadRequest);
            return;
        }

        if (step.Done || step.Produced > 0)
        {
            PassBody(buffer, offset, step);
        }
    }

    private void PassBody(byte[] buffer, int offset, BodyStep step)
    {
        ReadOnlySpan<byte> tail = step.Done ? _input.BodyTail : default;
        if (_exchange is { WantsBody: true } exchange)
        {
            exchange.OnRequestBody(buffer, offset, step.Produced, step.Done && tail.IsEmpty);
        }

        if (!tail.IsEmpty && _exchange is { WantsBody: true } last)
        {
            byte[] copy = _services.Loop.Buffers.Rent(tail.Length);
            tail.CopyTo(copy);
            last.OnRequestBody(copy, 0, tail.Length, done: true);
            _services.Loop.Buffers.Return(copy);
        }
    }

    /// <summary>When the client has not taken everything, its write time-outs begin.</summary>
    private void WatchWrites()
    {
        if (!_channel.IsOpen)
        {
            _services.Loop.Timers.Set(this, _services.Loop.Now);
            return;
        }

        if (_patience.WatchWrites(_services.Loop.Now, _channel.UnsentBytes, _channel.WrittenBytes))
        {
            Arm();
        }
    }

    /// <summary>A request that cannot be understood or trusted: a last answer, then the end.</summary>
    private void Reject(ProxyFault fault)
    {
        LocalAnswer answer = LocalAnswer.Refusal(fault, close: true);
        RequestRecord.WriteRejected(_services, this, fault, answer.Body.Length);
        _answer.SendLast(_channel, _services, Listener, in answer);
        BeginClose();
    }

    /// <summary>Ends our direction and reads on for a while.</summary>
    private void BeginClose()
    {
        _input.Drop(_services.Loop.Buffers);
        if (_phase == ClientPhase.Closed || !_channel.IsOpen)
        {
            Forget();
            return;
        }

        _lingered = 0;
        Linger();
        _channel.ShutdownSend();
        _input.Open(_channel);
    }

    /// <summary>Ends a connection on which nothing more can come that anybody wants.</summary>
    internal override void CloseAfterFlush()
    {
        _input.Drop(_services.Loop.Buffers);
        _channel.CloseAfterFlush();
        if (_channel.IsOpen)
        {
            Linger();
        }
        else
        {
            Forget();
        }
    }

    private void Close(ProxyFault fault)
    {
        if (_phase == ClientPhase.Closed)
        {
            return;
        }

        Exchange? exchange = _exchange;
        _exchange = null;
        if (exchange is not null)
        {
            exchange.Cancel(fault);
        }
        else if (fault is ProxyFault.ClientTooSlow)
        {
            _services.Telemetry.CountFault(fault);
        }

        bool cutsOff = _channel.UnsentBytes > 0 || (exchange is not null && _answer.HasBegun);
        if (cutsOff || fault == ProxyFault.ClientTooSlow)
        {
            // An orderly end would make half an answer look whole where only the end shows its length.
            _channel.Abort();
        }
        else
        {
            _channel.Close();
        }

        Forget();
    }

    private void Forget()
    {
        if (_phase == ClientPhase.Closed)
        {
            return;
        }

        _phase = ClientPhase.Closed;
        _input.Drop(_services.Loop.Buffers);
        _services.Loop.Timers.Remove(this);
        LeaveListener();
    }

    private void Enter(ClientPhase phase)
    {
        _phase = phase;
        _patience.Enter(_services.Loop.Now);
        Arm();
    }

    private void Linger()
    {
        Enter(ClientPhase.Lingering);
        WatchWrites();
    }

    private void Arm() => _services.Loop.Timers.Set(this, _patience.Deadline(Duty, Timeouts));
}
