using Proxy.Edge.Engine;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Edge.Http2;
using Proxy.Edge.Relay;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Timing;
using Proxy.Edge.Tls;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Downstream.Http2;

/// <summary>One request of an HTTP/2 client as its exchange sees it. Requests come as HTTP/1.1 text, so from here on
/// they are like any other; responses are put into frames. Recycled by its loop.</summary>
internal sealed class Http2ClientStream(LoopServices services) : TimerNode, IClientStream, IHttp2StreamHandler
{
    private readonly LoopServices _services = services;
    private Http2Client _connection = null!;
    private Http2Stream _stream = null!;
    private Exchange? _exchange;
    private HeldBody _held;
    private ClientPatience _patience;
    private long _deadline;
    private long _length;
    private long _written;
    private int _owed;
    private bool _chunked;
    private bool _isHead;
    private bool _paused;
    private bool _isUpgrade;
    private bool _tunnel;
    private bool _begun;
    private bool _closed;
    private bool _resetWhenSent;

    public ListenerProgram Listener { get; private set; } = null!;

    public ClientAddress Peer => _connection.Peer;

    public int PeerPort => _connection.PeerPort;

    public ForwardingConnection Forwarding { get; private set; } = null!;

    public bool IsTls => _connection.IsTls;

    public TlsAgreement Agreement => _connection.Agreement;

    public bool IsHttp2 => true;

    public bool IsEarly => _connection.IsEarly;

    public bool Serves(ReadOnlySpan<byte> host) => _connection.Serves(host);

    public long ConnectionSerial => _connection.ConnectionSerial;

    public int RequestNumber { get; private set; }

    public int UnsentBytes => _stream.UnsentBytes;

    public ChunkedOutput ChunkedOutput => ChunkedOutput.PayloadAndTrailers;

    public Channel? SpliceTarget => null;

    private Http2Session Session => _connection.Session;

    private ClientDuty Duty => new(
        _tunnel ? ClientPhase.Tunnel : ClientPhase.Exchange, false, !_stream.IsPeerDone && !_paused, _begun,
        _stream.UnsentBytes, _written - _stream.UnsentBytes);

    public void Begin(Http2Client connection, Http2Stream stream, int number)
    {
        _connection = connection;
        _stream = stream;
        Listener = connection.Listener;
        Forwarding = connection.Forwarding;
        RequestNumber = number;
        _patience = default;
        _length = _written = 0;
        _owed = 0;
        _chunked = _isHead = _paused = _isUpgrade = _tunnel = _begun = _closed = _resetWhenSent = false;
    }

    public void OnHead(byte[] buffer, int start, int count, bool endStream)
    {
        RequestHead head = _services.Workspace.Request;
        int scanned = 0;
        HeadStatus status = RequestHeadParser.Parse(
            buffer, start, count, ref scanned, head, Listener.Plan.Limits, out HeadFault fault);
        if (status != HeadStatus.Complete || (endStream && head.Body == BodyKind.Length))
        {
            Reject(status == HeadStatus.Complete ? ProxyFault.BadRequest : RequestFault.Of(fault));
            return;
        }

        _chunked = head.Body == BodyKind.Chunked;
        _length = head.ContentLength;
        _isHead = head.Method == Method.Head;
        _isUpgrade = head.IsWebSocketUpgrade;
        _deadline = GrpcTimeout.Read(head) is var timeout and < Never ? _services.Loop.Now + timeout : Never;
        _patience.BeginExchange(_services.Loop.Now);
        if (!endStream)
        {
            _patience.BeginBody(_services.Loop.Now);
        }

        if (!endStream || _deadline < Never)
        {
            Arm();
        }

        _exchange = _services.RentExchange();
        _exchange.Start(this, head, buffer, head.End, 0, endStream || _isUpgrade);
        if (_connection.IsCongested)
        {
            PauseOrigin();
        }
    }

    public void OnData(byte[] buffer, int start, int count, bool endStream)
    {
        if (_exchange is null)
        {
            Session.Consume(_stream, count);
            return;
        }

        if (_tunnel)
        {
            TunnelFromClient(buffer, start, count, endStream);
            return;
        }

        if (!_isUpgrade && !_chunked)
        {
            _length -= count;
            if (_length < 0 || (endStream && _length != 0))
            {
                Malformed();
                return;
            }
        }

        _patience.OnBody(_services.Loop.Now, count);
        _owed += count;
        if (_paused || _isUpgrade)
        {
            _held.Add(_services.Loop.Buffers, buffer, start, count, endStream);
            return;
        }

        PassBody(buffer, start, count, endStream);
        Credit();
    }

    public void OnTrailers(byte[] buffer, int start, int count)
    {
        if (_exchange is null)
        {
            return;
        }

        if (!_chunked && _length != 0)
        {
            Malformed();
            return;
        }

        _held.AddTrailers(buffer.AsSpan(start, count));
        if (!_paused)
        {
            PassHeld();
        }
    }

    public void OnHandshakeDone() => _exchange?.OnHandshakeDone();

    public void OnWritable()
    {
        _patience.OnDrained(ClientPhase.Exchange, _services.Loop.Now);
        if (_resetWhenSent)
        {
            Session.Reset(_stream, Http2Error.None);
            return;
        }

        if (!_connection.IsCongested)
        {
            _exchange?.OnClientDrained();
        }
    }

    /// <summary>The connection holds too much; see <see cref="ResumeOrigin"/>.</summary>
    public void PauseOrigin() => _exchange?.OnClientCongested();

    /// <summary>It no longer does. A stream whose own payload waits is resumed when that is gone.</summary>
    public void ResumeOrigin()
    {
        if (_stream.UnsentBytes == 0)
        {
            _exchange?.OnClientDrained();
        }
    }

    public void OnReset(Http2Error error, bool unprocessed)
    {
        Exchange? exchange = _exchange;
        _exchange = null;
        exchange?.Cancel(ProxyFault.ClientAborted);
        Recycle();
    }

    /// <summary>The session has forgotten the stream.</summary>
    public void OnClosed()
    {
        _closed = true;
        Recycle();
    }

    public override void OnTimer(long now)
    {
        if (_exchange is null && !_resetWhenSent && _stream.UnsentBytes == 0)
        {
            return;
        }

        long deadline = Deadline;
        if (deadline > now)
        {
            _services.Loop.Timers.Set(this, deadline);
            return;
        }

        if (now >= _deadline)
        {
            _deadline = Never;
            Arm();
            _exchange?.Fail(ProxyFault.CallDeadline);
            return;
        }

        ProxyFault fault = _patience.Judge(now, Duty, Listener.Plan.Timeouts);
        switch (fault)
        {
            case ProxyFault.None:
                Arm();
                break;
            case ProxyFault.ClientBodyTimeout when _exchange is not null:
                _exchange.Fail(fault);
                break;
            default:
                GiveUp(fault);
                break;
        }
    }

    public void SendInterim(ResponseHead head)
    {
        if (!_begun)
        {
            Session.SendHead(_stream, head, default, default, endStream: false);
        }
    }

    public void SendResponse(
        ResponseHead head, ReadOnlySpan<byte> lines, byte[] buffer, int bodyStart, int bodyCount, bool done)
    {
        _begun = true;
        bool end = _isHead || head.Status is 204 or 304 || (done && bodyCount == 0);
        ReadOnlySpan<byte> date = head.Has(HeaderId.Date) ? default : _services.DateLine();
        Session.SendHead(_stream, head, lines, date, end);
        if (!end)
        {
            SendBody(buffer, bodyStart, bodyCount, done);
        }
    }

    public void SendBody(byte[] buffer, int start, int count, bool done)
    {
        _written += count;
        Session.SendData(_stream, buffer, start, count, done);
        WatchWrites();
        _connection.OnSent(this);
    }

    public void SendTrailers(byte[] buffer, int start, int count) =>
        Session.SendTrailers(_stream, buffer.AsSpan(start, count));

    public void OnSpliced(long count, bool done)
    {
        // There is no channel to splice to.
    }

    public void SendLocal(scoped in LocalAnswer answer)
    {
        _begun = true;
        byte[] scratch = _services.Workspace.Scratch;
        int length = ResponseHeadWriter.WriteLocalLines(in answer, _services, Listener, scratch, 0);
        bool end = _isHead || answer.Body.IsEmpty;
        Session.SendHead(_stream, answer.Status, scratch.AsSpan(0, length), end);
        if (end)
        {
            return;
        }

        byte[] body = _services.Loop.Buffers.Rent(answer.Body.Length);
        answer.Body.CopyTo(body);
        SendBody(body, 0, answer.Body.Length, done: true);
        _services.Loop.Buffers.Return(body);
    }

    /// <summary>What is a 101 in HTTP/1.1 is a 200 here, and the handshake's fields are not needed (RFC 8441
    /// §5).</summary>
    public void SendUpgrade(ResponseHead head, byte[] buffer, int start, int count)
    {
        _begun = _tunnel = true;
        byte[] scratch = _services.Workspace.Scratch;
        if (!FieldCopier.Copy(head, 1UL << (int)HeaderId.SecWebSocketAccept, scratch, out int length))
        {
            _exchange!.Fail(ProxyFault.Internal);
            return;
        }

        Session.SendHead(_stream, 200, scratch.AsSpan(0, length), endStream: false);
        SendTunnel(buffer, start, count);
        if (_held.Take(out byte[] held, out int heldStart, out int heldCount, out bool end))
        {
            TunnelFromClient(held, heldStart, heldCount, end);
            _services.Loop.Buffers.Return(held);
        }

        Arm();
    }

    public void SendTunnel(byte[] buffer, int start, int count)
    {
        _patience.Enter(_services.Loop.Now);
        if (count > 0)
        {
            SendBody(buffer, start, count, done: false);
        }
    }

    public void EndTunnel() => Session.SendData(_stream, [], 0, 0, endStream: true);

    public void AbortResponse()
    {
        _exchange = null;
        Session.Reset(_stream, Http2Error.Internal);
        Recycle();
    }

    public void PauseBody()
    {
        if (!_paused)
        {
            _paused = true;
            _patience.PauseBody(_services.Loop.Now);
        }
    }

    public void ResumeBody()
    {
        if (_paused)
        {
            _paused = false;
            _patience.ResumeBody(_services.Loop.Now);
            PassHeld();
            Credit();
            Arm();
        }
    }

    public void ExchangeEnded()
    {
        _exchange = null;
        if (_stream.IsOpen && !_stream.IsPeerDone)
        {
            // The answer came before the end of the request, whose rest nobody wants (RFC 9113 §8.1).
            if (_stream.UnsentBytes > 0)
            {
                _resetWhenSent = true;
            }
            else
            {
                Session.Reset(_stream, Http2Error.None);
            }
        }

        Recycle();
    }

    private void PassBody(byte[] buffer, int start, int count, bool end)
    {
        if (_exchange is not { WantsBody: true } exchange)
        {
            return;
        }

        if (!_chunked)
        {
            exchange.OnRequestBody(buffer, start, count, end);
            return;
        }

        // The chunk's frame goes around the payload where it lies; what was behind it is the next frame's.
        const int Behind = 16;
        Span<byte> saved = stackalloc byte[Behind];
        Span<byte> behind = buffer.AsSpan(start + count, Behind);
        behind.CopyTo(saved);
        (byte[] framed, int at, int length) = ChunkFrame.Around(buffer, start, count, end);
        if (length > 0)
        {
            exchange.OnRequestBody(framed, at, length, end);
        }

        saved.CopyTo(behind);
    }

    private void PassHeld()
    {
        if (_isUpgrade)
        {
            return;
        }

        if (_held.Take(out byte[] held, out int start, out int count, out bool end))
        {
            PassBody(held, start, count, end);
            _services.Loop.Buffers.Return(held);
        }

        if (_held.TakeTrailers(_chunked, out byte[] trailers) && _exchange is { WantsBody: true } exchange)
        {
            exchange.OnRequestBody(trailers, 0, trailers.Length, done: true);
        }
    }

    private void TunnelFromClient(byte[] buffer, int start, int count, bool end)
    {
        _patience.Enter(_services.Loop.Now);
        _owed += count;
        _exchange!.OnTunnelFromClient(buffer, start, count);
        if (end)
        {
            _exchange?.OnTunnelEndFromClient();
        }

        if (!_closed)
        {
            Credit();
        }
    }

    private void Credit()
    {
        if (!_paused && _owed > 0)
        {
            int owed = _owed;
            _owed = 0;
            Session.Consume(_stream, owed);
        }
    }

    private void Malformed()
    {
        _services.Telemetry.CountFault(ProxyFault.BadRequest);
        Session.Reset(_stream, Http2Error.Protocol);
        Exchange? exchange = _exchange;
        _exchange = null;
        exchange?.Cancel(ProxyFault.BadRequest);
        Recycle();
    }

    /// <summary>A head that the parser does not take. Too long is said with a status, anything else is a stream error:
    /// an error page would go to somebody who does not speak the protocol (RFC 9113 §8.1.1).</summary>
    private void Reject(ProxyFault fault)
    {
        LocalAnswer answer = LocalAnswer.Refusal(fault, close: false);
        RequestRecord.WriteRejected(_services, this, fault, answer.Body.Length);
        if (fault is ProxyFault.HeadTooLarge or ProxyFault.TargetTooLong or ProxyFault.ExpectationFailed)
        {
            SendLocal(in answer);
            ExchangeEnded();
            return;
        }

        Session.Reset(_stream, Http2Error.Protocol);
        Recycle();
    }

    private void GiveUp(ProxyFault fault)
    {
        Exchange? exchange = _exchange;
        _exchange = null;
        Session.Reset(_stream, Http2Error.Cancel);
        exchange?.Cancel(fault == ProxyFault.ClientIdle ? ProxyFault.None : fault);
        Recycle();
    }

    private void WatchWrites()
    {
        if (_patience.WatchWrites(_services.Loop.Now, _stream.UnsentBytes, _written - _stream.UnsentBytes))
        {
            Arm();
        }
    }

    private long Deadline => Math.Min(_deadline, _patience.Deadline(Duty, Listener.Plan.Timeouts));

    private void Arm() => _services.Loop.Timers.Set(this, Deadline);

    /// <summary>Back to the stock, once neither the session nor an exchange knows this object.</summary>
    private void Recycle()
    {
        if (_closed && _exchange is null && _stream is not null)
        {
            _services.Loop.Timers.Remove(this);
            _held.Drop(_services.Loop.Buffers);
            if (_owed > 0 && !Session.IsDead)
            {
                // What nobody took of this stream must not narrow the window of the others.
                Session.CreditConnection(_owed);
            }

            Session.Recycle(_stream);
            _stream = null!;
            _services.FreeStreams.Push(this);
        }
    }
}
