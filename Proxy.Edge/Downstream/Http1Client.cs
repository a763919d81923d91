using Proxy.Edge.Engine;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Edge.Relay;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Timing;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Downstream;

/// <summary>One HTTP/1 connection of a client: frames its requests, one at a time, and its responses. Between requests it owns no
/// buffer and no exchange.</summary>
public sealed class Http1Client : IChannelHandler, IClientStream, ITimerTarget
{
    /// <summary>Pipelined input kept while an exchange runs; beyond, the client has to wait.</summary>
    private const int MaxHeld = 64 * 1024;

    /// <summary>How long, and how much, is read on after the last answer so that a client still sending gets to see it instead of a
    /// reset (RFC 9112 §9.6).</summary>
    private const long LingerMicroseconds = 2_000_000;
    private const long LingerBytes = 1 << 20;

    private enum Phase : byte
    {
        /// <summary>Between requests.</summary>
        Idle,

        /// <summary>Part of a head is there.</summary>
        Head,
        Exchange,
        Tunnel,
        Lingering,
        Closed,
    }

    private static readonly byte[] PinnedLastChunk = Pinned(ChunkedEncoder.LastChunk);

    private readonly LoopServices _services;
    private readonly ListenerSlot _slot;
    private readonly Channel _channel;
    private readonly TimerNode _timer;
    private Exchange? _exchange;
    private BodyReader _body;
    private HeldBytes _held;
    private RateGuard _reading;
    private RateGuard _writing;
    private long _phaseSince;
    private long _lastBody;
    private long _endedAt;
    private long _lingered;
    private int _unsentMark;
    private int _scanned;
    private Phase _phase;
    private ResponseFraming _framing;
    private bool _watchesWrites;
    private bool _bodyPaused;
    private bool _inputPaused;
    private bool _http10;
    private bool _keepAlive;
    private bool _isHead;
    private bool _responding;
    private bool _ended;
    private bool _advancing;

    public Http1Client(LoopServices services, ListenerSlot slot, Channel channel, ClientAddress peer, int port, long serial)
    {
        _services = services;
        _slot = slot;
        _channel = channel;
        _timer = new TimerNode(this);
        Listener = slot.Program;
        Peer = peer;
        PeerPort = port;
        ConnectionSerial = serial;
        Forwarding = Listener.Forwarding.PrepareConnection(peer, port, tls: false, slot.Port);
        channel.Handler = this;
        Enter(Phase.Idle);
    }

    public ListenerProgram Listener { get; private set; }

    public ClientAddress Peer { get; }

    public int PeerPort { get; }

    public ForwardingConnection Forwarding { get; private set; }

    public bool IsTls => false;

    public long ConnectionSerial { get; }

    public int RequestNumber { get; private set; }

    public int UnsentBytes => _channel.UnsentBytes;

    public ChunkedOutput ChunkedOutput => _http10 ? ChunkedOutput.StripFraming : ChunkedOutput.KeepFraming;

    public Channel? SpliceTarget => _framing == ResponseFraming.AsReceived ? _channel : null;

    internal Http1Client? Newer { get; set; }

    internal Http1Client? Older { get; set; }

    /// <summary>Since when the connection waits for a request, microseconds; 0 when it does not.</summary>
    internal long IdleSince => _phase == Phase.Idle ? _phaseSince : 0;

    private ClientTimeouts Timeouts => Listener.Plan.Timeouts;

    public void OnConnected()
    {
    }

    public void OnData(byte[] buffer, int offset, int count)
    {
        switch (_phase)
        {
            case Phase.Idle:
                ReadHead(buffer, offset, count);
                break;
            case Phase.Head:
                _held.Add(_services.Loop.Buffers, buffer, offset, count);
                Advance();
                break;
            case Phase.Exchange:
                ReadBody(buffer, offset, count);
                break;
            case Phase.Tunnel:
                _phaseSince = _services.Loop.Now;
                _exchange!.OnTunnelFromClient(buffer, offset, count);
                break;
            default:
                Linger(count);
                break;
        }
    }

    public void OnEnd()
    {
        if (_phase == Phase.Tunnel)
        {
            _exchange!.OnTunnelEndFromClient();
            return;
        }

        if (_phase == Phase.Exchange && _body.IsDone)
        {
            // Gone or only half-closed: nobody can tell, so the answer gets a little time.
            _ended = true;
            _keepAlive &= !_held.IsEmpty;
            _endedAt = _services.Loop.Now;
            Arm();
            return;
        }

        if (_phase != Phase.Exchange && _channel.UnsentBytes > 0)
        {
            // Half-closed while its last answer is still on the way.
            CloseAfterFlush();
            return;
        }

        Close(ProxyFault.ClientAborted);
    }

    public void OnDrained()
    {
        _watchesWrites = false;
        if (!_channel.IsOpen)
        {
            Forget();
            return;
        }

        if (_phase == Phase.Idle)
        {
            _phaseSince = _services.Loop.Now;
        }

        Arm();
        _exchange?.OnClientDrained();
    }

    public void OnSpliced(long count, bool done)
    {
        // Called by the channel for bytes that left this connection; a client's input is never spliced.
    }

    public void OnFailed(ChannelError error) => Close(ProxyFault.ClientAborted);

    public void OnTimer(long now)
    {
        long deadline = Deadline();
        if (deadline > now)
        {
            _services.Loop.Timers.Set(_timer, deadline);
            return;
        }

        switch (_phase)
        {
            case Phase.Head:
                _isHead = false;
                Reject(ProxyFault.ClientHeadTimeout);
                break;
            case Phase.Exchange:
                CheckExchange(now);
                break;
            case Phase.Idle or Phase.Lingering when _watchesWrites && !ClientIsTooSlow(now):
                // Slow, but still taking its answer.
                Arm();
                break;
            default:
                // Idle connections end without a word (RFC 9112 §9.5), tunnels and lingering ones too.
                Close(ProxyFault.None);
                break;
        }
    }

    public void SendInterim(ResponseHead head)
    {
        if (_http10 || _responding)
        {
            return;
        }

        byte[] scratch = _services.Workspace.Scratch;
        int length = ResponseHeadWriter.WriteInterim(head, scratch);
        if (length > 0)
        {
            _channel.Send(scratch, 0, length);
        }
    }

    public void SendResponse(
        ResponseHead head, ReadOnlySpan<byte> lines, byte[] buffer, int bodyStart, int bodyCount, bool done)
    {
        _framing = FramingOf(head);
        _responding = true;

        // An answer before the end of the request: what is still coming is not worth reading for another one.
        _keepAlive &= _body.IsDone && _framing != ResponseFraming.UntilClose && !_services.IsDraining;
        bool close = !_keepAlive;
        byte[] scratch = _services.Workspace.Scratch;
        int length = ResponseHeadWriter.Write(
            head, lines, _framing, close, _http10 && !close, _services, scratch);
        if (length < 0)
        {
            // Only edits can make a head that passed the limits too long for the scratch buffer.
            _channel.Abort();
            return;
        }

        if (_framing == ResponseFraming.Encode && (bodyCount > 0 || done))
        {
            (bodyStart, bodyCount) = Encode(ref buffer, bodyStart, bodyCount, done);
        }

        if (bodyCount > 0 && bodyStart >= length)
        {
            Buffer.BlockCopy(scratch, 0, buffer, bodyStart - length, length);
            _channel.Send(buffer, bodyStart - length, length + bodyCount);
        }
        else
        {
            _channel.Send(scratch, 0, length);
            _channel.Send(buffer, bodyStart, bodyCount);
        }

        WatchWrites();
    }

    public void SendBody(byte[] buffer, int start, int count, bool done)
    {
        if (_framing == ResponseFraming.Encode && (count > 0 || done))
        {
            (start, count) = Encode(ref buffer, start, count, done);
        }

        _channel.Send(buffer, start, count);
        WatchWrites();
    }

    public void SendLocal(scoped in LocalAnswer answer)
    {
        _responding = true;
        _framing = ResponseFraming.AsReceived;
        _keepAlive &= !answer.Close && !_services.IsDraining;
        byte[] scratch = _services.Workspace.Scratch;
        int length = ResponseHeadWriter.WriteLocal(in answer, !_keepAlive, _http10, _services, scratch);
        if (!_isHead && answer.Body.Length <= scratch.Length - length)
        {
            answer.Body.CopyTo(scratch.AsSpan(length));
            length += answer.Body.Length;
            _channel.Send(scratch, 0, length);
        }
        else
        {
            _channel.Send(scratch, 0, length);
            if (!_isHead)
            {
                SendCopy(answer.Body);
            }
        }

        WatchWrites();
    }

    public void SendUpgrade(ResponseHead head, byte[] buffer, int start, int count)
    {
        byte[] scratch = _services.Workspace.Scratch;
        int length = ResponseHeadWriter.WriteUpgrade(head, scratch);
        if (length < 0)
        {
            _channel.Abort();
            return;
        }

        _responding = true;
        _channel.Send(scratch, 0, length);
        _channel.Send(buffer, start, count);
        Enter(Phase.Tunnel);
        if (!_held.IsEmpty)
        {
            // What the client sent right behind its request belongs to the new protocol.
            (byte[] held, int heldStart, int heldCount) = (_held.Buffer, _held.Start, _held.Length);
            _held.Take(heldCount);
            _exchange!.OnTunnelFromClient(held, heldStart, heldCount);
            _held.Trim(_services.Loop.Buffers);
        }

        ResumeInput();
    }

    public void SendTunnel(byte[] buffer, int start, int count)
    {
        _phaseSince = _services.Loop.Now;
        _channel.Send(buffer, start, count);
        WatchWrites();
    }

    public void EndTunnel() => _channel.ShutdownSend();

    /// <summary>Body bytes were spliced to this connection.</summary>
    void IClientStream.OnSpliced(long count, bool done)
    {
        _writing.Count(count);
        WatchWrites();
    }

    public void AbortResponse()
    {
        _exchange = null;
        if (_framing == ResponseFraming.UntilClose || _phase == Phase.Tunnel)
        {
            // An orderly close would look like the end of the message; so would it to a tunnel's peer.
            _channel.Abort();
        }

        CloseAfterFlush();
    }

    public void PauseBody()
    {
        if (!_bodyPaused)
        {
            _bodyPaused = true;
            _reading.Pause(_services.Loop.Now);
            _channel.Pause();
        }
    }

    public void ResumeBody()
    {
        if (_bodyPaused)
        {
            _bodyPaused = false;
            _lastBody = _services.Loop.Now;
            _reading.Resume(_lastBody);
            Arm();
            if (!_inputPaused)
            {
                _channel.Resume();
            }
        }
    }

    public void ExchangeEnded()
    {
        _exchange = null;
        _bodyPaused = false;
        if (_phase == Phase.Tunnel)
        {
            CloseAfterFlush();
            return;
        }

        if (!_keepAlive)
        {
            if (_body.IsDone && _held.IsEmpty)
            {
                CloseAfterFlush();
            }
            else
            {
                BeginClose();
            }

            return;
        }

        _responding = false;
        Enter(Phase.Idle);
        if (!_advancing)
        {
            Advance();
        }

        if (_ended && _phase is Phase.Idle or Phase.Head)
        {
            CloseAfterFlush();
        }
    }

    /// <summary>Closes a connection on which nothing happens; for drain and shutdown.</summary>
    internal void CloseIfIdle()
    {
        if (_phase == Phase.Idle)
        {
            CloseAfterFlush();
        }
    }

    internal void CloseNow() => Close(ProxyFault.ClientAborted);

    /// <summary>Reads a head that starts at the front of fresh input.</summary>
    private void ReadHead(byte[] buffer, int offset, int count)
    {
        if (!_held.IsEmpty)
        {
            _held.Add(_services.Loop.Buffers, buffer, offset, count);
            Advance();
            return;
        }

        RequestHead head = _services.Workspace.Request;
        switch (Parse(buffer, offset, count, head))
        {
            case HeadStatus.Incomplete:
                _held.Add(_services.Loop.Buffers, buffer, offset, count);
                Enter(Phase.Head);
                break;
            case HeadStatus.Complete:
                int used = BeginBody(head, buffer, count - (head.End - offset), out BodyStep step);
                if (step.Fault != HeadFault.None)
                {
                    Reject(ProxyFault.BadRequest);
                    break;
                }

                _held.Add(_services.Loop.Buffers, buffer, head.End + used, count - (head.End - offset) - used);
                StartExchange(head, buffer, step);
                if (_phase == Phase.Idle && !_held.IsEmpty)
                {
                    Advance();
                }

                break;
            default:
                break;
        }
    }

    /// <summary>Works through held input: as many requests as are answered at once, until one has to wait.</summary>
    private void Advance()
    {
        _advancing = true;
        while (!_held.IsEmpty && _phase is Phase.Idle or Phase.Head)
        {
            RequestHead head = _services.Workspace.Request;
            int available = _held.Length;
            int start = _held.Start;
            HeadStatus status = Parse(_held.Buffer, start, available, head);
            if (status != HeadStatus.Complete)
            {
                if (status == HeadStatus.Incomplete && _phase == Phase.Idle)
                {
                    Enter(Phase.Head);
                }

                break;
            }

            int length = head.End - start;
            int used = BeginBody(head, _held.Buffer, available - length, out BodyStep step);
            if (step.Fault != HeadFault.None)
            {
                Reject(ProxyFault.BadRequest);
                break;
            }

            _held.Take(length + used);
            StartExchange(head, _held.Buffer, step);
        }

        _advancing = false;
        if (_phase != Phase.Closed)
        {
            _held.Trim(_services.Loop.Buffers);
            if (_held.Length < MaxHeld)
            {
                ResumeInput();
            }
        }
    }

    private HeadStatus Parse(byte[] buffer, int start, int count, RequestHead head)
    {
        if (_phase == Phase.Idle)
        {
            // The connection follows its listener's newest revision from request to request.
            if (!ReferenceEquals(Listener, _slot.Program))
            {
                Listener = _slot.Program;
                Forwarding = Listener.Forwarding.PrepareConnection(Peer, PeerPort, tls: false, _slot.Port);
            }

            _scanned = 0;
        }

        HeadStatus status = RequestHeadParser.Parse(
            buffer, start, count, ref _scanned, head, Listener.Plan.Limits, out HeadFault fault);
        if (status == HeadStatus.Invalid)
        {
            _isHead = head.Method == Method.Head;
            Reject(ToFault(fault));
        }

        return status;
    }

    /// <summary>Starts the body with the bytes behind the head; returns how many of them belong to it.</summary>
    private int BeginBody(RequestHead head, byte[] buffer, int available, out BodyStep step)
    {
        _body.Begin(head);
        _http10 = head.IsHttp10;
        _isHead = head.Method == Method.Head;
        _keepAlive = head.IsHttp10 ? head.HasKeepAlive && !head.HasClose : !head.HasClose;
        step = _body.Step(buffer, head.End, available, ChunkedOutput.KeepFraming, Listener.Plan.Limits);
        return step.Consumed;
    }

    private void StartExchange(RequestHead head, byte[] buffer, BodyStep step)
    {
        RequestNumber++;
        int most = Listener.Plan.MaxRequestsPerConnection;
        _keepAlive &= (most == 0 || RequestNumber < most) && !_services.IsDraining;
        _responding = false;
        _lastBody = _services.Loop.Now;
        _exchange = _services.RentExchange();
        _phase = Phase.Exchange;
        if (!_body.IsDone)
        {
            _reading.Start(_lastBody);
            Arm();
        }
        else
        {
            // One store: nothing is due from the client until it has its answer.
            // Unless it still owes us reading the answer before, or will never send again.
            _endedAt = _lastBody;
            _services.Loop.Timers.Set(_timer, _watchesWrites || _ended ? Deadline() : TimerNode.Never);
        }

        _exchange.Start(this, head, buffer, head.End, step.Produced, _body.IsDone);
    }

    private void ReadBody(byte[] buffer, int offset, int count)
    {
        if (_body.IsDone)
        {
            Hold(buffer, offset, count);
            return;
        }

        _lastBody = _services.Loop.Now;
        _reading.Count(count);
        BodyStep step = _body.Step(buffer, offset, count, ChunkedOutput.KeepFraming, Listener.Plan.Limits);
        if (step.Fault != HeadFault.None)
        {
            FailExchange(ProxyFault.BadRequest);
            return;
        }

        Hold(buffer, offset + step.Consumed, count - step.Consumed);
        if (step.Done || step.Produced > 0)
        {
            PassBody(buffer, offset, step);
        }
    }

    private void PassBody(byte[] buffer, int offset, BodyStep step)
    {
        ReadOnlySpan<byte> tail = step.Done ? _body.Tail : default;
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

    private void Hold(byte[] buffer, int offset, int count)
    {
        _held.Add(_services.Loop.Buffers, buffer, offset, count);
        if (_held.Length >= MaxHeld)
        {
            _inputPaused = true;
            _channel.Pause();
        }
    }

    private void ResumeInput()
    {
        if (_inputPaused)
        {
            _inputPaused = false;
            if (!_bodyPaused)
            {
                _channel.Resume();
            }
        }
    }

    private ResponseFraming FramingOf(ResponseHead head)
    {
        if (head.Body is BodyKind.None or BodyKind.Length)
        {
            return ResponseFraming.AsReceived;
        }

        if (_http10)
        {
            return ResponseFraming.UntilClose;
        }

        return head.Body == BodyKind.Chunked ? ResponseFraming.AsReceived : ResponseFraming.Encode;
    }

    /// <summary>Frames a run of payload where it lies; returns where the framed run starts and how long it is.</summary>
    private static (int Start, int Count) Encode(ref byte[] buffer, int start, int count, bool done)
    {
        if (count == 0)
        {
            buffer = PinnedLastChunk;
            return (0, buffer.Length);
        }

        int header = ChunkedEncoder.HeaderLength(count);
        ChunkedEncoder.WriteHeader(buffer.AsSpan(start - header), count);
        int end = start + count;
        ChunkedEncoder.ChunkEnd.CopyTo(buffer.AsSpan(end));
        end += ChunkedEncoder.ChunkEnd.Length;
        if (done)
        {
            ChunkedEncoder.LastChunk.CopyTo(buffer.AsSpan(end));
            end += ChunkedEncoder.LastChunk.Length;
        }

        return (start - header, end - start + header);
    }

    private static byte[] Pinned(ReadOnlySpan<byte> bytes)
    {
        byte[] array = GC.AllocateUninitializedArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(array);
        return array;
    }

    private void SendCopy(ReadOnlySpan<byte> bytes)
    {
        byte[] copy = _services.Loop.Buffers.Rent(bytes.Length);
        bytes.CopyTo(copy);
        _channel.Send(copy, 0, bytes.Length);
        _services.Loop.Buffers.Return(copy);
    }

    /// <summary>When the client has not taken everything, its write time-outs begin.</summary>
    private void WatchWrites()
    {
        if (_channel.UnsentBytes > 0 && !_watchesWrites)
        {
            _watchesWrites = true;
            _unsentMark = _channel.UnsentBytes;
            _writing.Start(_services.Loop.Now);
            Arm();
        }
    }

    /// <summary>The request went wrong while its exchange was running.</summary>
    private void FailExchange(ProxyFault fault)
    {
        _exchange!.Cancel(fault);
        _exchange = null;
        if (_responding)
        {
            AbortResponse();
        }
        else
        {
            Reject(fault);
        }
    }

    /// <summary>A request that cannot be understood or trusted: a last answer, then the end.</summary>
    private void Reject(ProxyFault fault)
    {
        int status = fault.StatusCode();
        _services.Telemetry.CountFault(fault);
        _keepAlive = false;
        SendLocal(new LocalAnswer
        {
            Status = status,
            Body = LocalAnswer.ErrorBody(status),
            Fault = fault,
            Close = true,
        });
        BeginClose();
    }

    /// <summary>Ends our direction and reads on for a while.</summary>
    private void BeginClose()
    {
        _held.Drop(_services.Loop.Buffers);
        if (_phase == Phase.Closed || !_channel.IsOpen)
        {
            Forget();
            return;
        }

        _lingered = 0;
        Enter(Phase.Lingering);
        WatchWrites();
        _channel.ShutdownSend();
        _inputPaused = _bodyPaused = false;
        _channel.Resume();
    }

    /// <summary>Ends a connection on which nothing more can come that anybody wants.</summary>
    private void CloseAfterFlush()
    {
        _held.Drop(_services.Loop.Buffers);
        _channel.CloseAfterFlush();
        if (_channel.IsOpen)
        {
            Enter(Phase.Lingering);
            WatchWrites();
        }
        else
        {
            Forget();
        }
    }

    private void Linger(int count)
    {
        _lingered += count;
        if (_lingered > LingerBytes)
        {
            Close(ProxyFault.None);
        }
    }

    private void CheckExchange(long now)
    {
        if (_ended && !_responding && now >= EndDeadline())
        {
            Close(ProxyFault.ClientAborted);
            return;
        }

        if (_watchesWrites && now >= WriteDeadline() && ClientIsTooSlow(now))
        {
            Close(ProxyFault.ClientTooSlow);
            return;
        }

        if (!_body.IsDone && !_bodyPaused)
        {
            bool idle = Timeouts.BodyIdle != TimeSpan.Zero && now >= _lastBody + Microseconds(Timeouts.BodyIdle);
            bool slow = !idle && now >= _reading.NextCheck(Timeouts.MinRate, Timeouts.RateGrace)
                && _reading.IsTooSlow(now, Timeouts.MinRate);
            if (idle || slow)
            {
                FailExchange(ProxyFault.ClientBodyTimeout);
                return;
            }
        }

        Arm();
    }

    private bool ClientIsTooSlow(long now)
    {
        int unsent = _channel.UnsentBytes;
        if (unsent == 0)
        {
            _watchesWrites = false;
            return false;
        }

        _writing.Count(Math.Max(0, _unsentMark - unsent));
        bool stuck = unsent == _unsentMark && _writing.Bytes == 0;
        _unsentMark = unsent;
        return _writing.IsTooSlow(now, Timeouts.MinRate) || stuck;
    }

    private void Close(ProxyFault fault)
    {
        if (_phase == Phase.Closed)
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

        if (fault == ProxyFault.ClientTooSlow || _channel.UnsentBytes > 0 || (exchange is not null && _responding))
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
        if (_phase == Phase.Closed)
        {
            return;
        }

        _phase = Phase.Closed;
        _held.Drop(_services.Loop.Buffers);
        _services.Loop.Timers.Remove(_timer);
        _slot.OnClosed(this);
    }

    private void Enter(Phase phase)
    {
        _phase = phase;
        _phaseSince = _services.Loop.Now;
        Arm();
    }

    private void Arm() => _services.Loop.Timers.Set(_timer, Deadline());

    private long Deadline() => _phase switch
    {
        Phase.Idle when _watchesWrites => WriteDeadline(),
        Phase.Idle => After(_phaseSince, RequestNumber == 0 ? Timeouts.Head : Timeouts.KeepAlive),
        Phase.Head => After(_phaseSince, Timeouts.Head),
        Phase.Exchange => Math.Min(Math.Min(BodyDeadline(), WriteDeadline()), EndDeadline()),
        Phase.Tunnel => After(_phaseSince, Timeouts.TunnelIdle),
        Phase.Lingering => Math.Max(_phaseSince + LingerMicroseconds, _channel.UnsentBytes > 0 ? WriteDeadline() : 0),
        _ => TimerNode.Never,
    };

    private long BodyDeadline() => _body.IsDone || _bodyPaused
        ? TimerNode.Never
        : Math.Min(After(_lastBody, Timeouts.BodyIdle), _reading.NextCheck(Timeouts.MinRate, Timeouts.RateGrace));

    private long EndDeadline() => _ended && !_responding ? After(_endedAt, Timeouts.HalfClosed) : TimerNode.Never;

    private long WriteDeadline() => _watchesWrites && Timeouts.WriteIdle != TimeSpan.Zero
        ? _writing.NextCheck(1, Timeouts.WriteIdle)
        : TimerNode.Never;

    private static long After(long since, TimeSpan limit) =>
        limit == TimeSpan.Zero ? TimerNode.Never : since + Microseconds(limit);

    private static long Microseconds(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    private static ProxyFault ToFault(HeadFault fault) => fault.StatusCode() switch
    {
        414 => ProxyFault.TargetTooLong,
        417 => ProxyFault.ExpectationFailed,
        431 => ProxyFault.HeadTooLarge,
        501 => ProxyFault.UnsupportedTransferCoding,
        505 => ProxyFault.UnsupportedVersion,
        _ => ProxyFault.BadRequest,
    };
}
