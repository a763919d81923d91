using System.Diagnostics;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Edge.Http2;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Upstream;

/// <summary>One request on an HTTP/2 connection to an origin. The exchange speaks HTTP/1.1 text as to any origin: its
/// head and body are put into frames here, and the response is text again. Recycled by its loop.</summary>
internal sealed class Http2Origin(OriginServices services) : OriginStream(services.Loop), IHttp2StreamHandler
{
    private static readonly Http1Limits Limits = new();

    private readonly OriginServices _services = services;
    private Http2OriginConnection _connection = null!;
    private Http2Stream? _stream;
    private ChunkPayload _chunks;
    private byte[]? _head;
    private int _headCount;
    private long _requestLeft;
    private long _responseLeft;
    private long _handedOver;
    private int _owed;
    private int _interim;
    private bool _requestChunked;
    private bool _responseChunked;
    private bool _isReused;
    private bool _paused;
    private bool _unprocessed;
    private bool _isFree;

    public override LoopMember Member => _connection.Member;

    public override bool IsReused => _isReused;

    public override bool IsConnected => _connection.IsConnected;

    public override bool IsUnprocessed => _unprocessed;

    public override int UnsentBytes => _stream?.UnsentBytes ?? 0;

    private protected override long TakenBytes => _handedOver - UnsentBytes;

    private Http2Session Session => _connection.Session;

    /// <summary>Makes this the stream of a new request.</summary>
    internal void Attach(Http2OriginConnection connection, bool isReused)
    {
        _connection = connection;
        _stream = connection.Session.Open(this);
        _isReused = isReused;
        _requestLeft = _responseLeft = _handedOver = 0;
        _owed = _interim = 0;
        _requestChunked = _responseChunked = _paused = _unprocessed = _isFree = false;
        State = Phase.Connecting;
        Restart();
    }

    public override void SendHead(byte[] buffer, int start, int headCount, int bodyCount)
    {
        Member.Counters.BytesToOrigin += headCount;
        _chunks = default;
        (_requestChunked, _requestLeft) = Session.SendRequest(
            _stream!, buffer.AsSpan(start, headCount), Member.Plan.Tls is not null);
        Send(buffer, start + headCount, bodyCount);
    }

    public override void Send(byte[] buffer, int start, int count)
    {
        Member.Counters.BytesToOrigin += count;
        if (count == 0 || _stream is not { IsOpen: true, IsOurEndGiven: false } stream)
        {
            return;
        }

        if (_requestChunked)
        {
            SendChunks(stream, buffer, start, count);
            return;
        }

        _requestLeft -= count;
        _handedOver += count;
        Session.SendData(stream, buffer, start, count, endStream: _requestLeft == 0);
    }

    public override void EndTunnel() => throw new UnreachableException("tunnels go over HTTP/1.1");

    /// <summary>Gives the stream up; the user is not told.</summary>
    public override void Close() => End();

    public void OnHead(byte[] buffer, int start, int count, bool endStream)
    {
        Member.Counters.BytesFromOrigin += count;
        if (User is null)
        {
            return;
        }

        // An interim head, or one without a body, has nothing to wait for.
        bool interim = buffer[start + 9] == '1';
        if (interim || endStream)
        {
            PassHead(buffer, start, count, [], 0, 0, endStream);
            return;
        }

        // It waits for the first bytes of its body, so that both go to the client in one send.
        _head = _services.Loop.Buffers.Rent(count);
        Buffer.BlockCopy(buffer, start, _head, 0, count);
        _headCount = count;
        _connection.FlushLater(this);
    }

    public void OnData(byte[] buffer, int start, int count, bool endStream)
    {
        Member.Counters.BytesFromOrigin += count;
        Session.CreditConnection(count);
        if (_head is not null)
        {
            byte[] head = _head;
            _head = null;
            PassHead(head, 0, _headCount, buffer, start, count, endStream);
            _services.Loop.Buffers.Return(head);
            return;
        }

        if (User is null || !CountPayload(count, endStream))
        {
            return;
        }

        CountBody(count);
        Deliver(head: null, buffer, start, count, endStream);
    }

    public void OnTrailers(byte[] buffer, int start, int count)
    {
        FlushHead();
        if (User is null || !CountPayload(0, end: true))
        {
            return;
        }

        ChunkedOutput output = User.ChunkedOutput;
        IOriginUser user = Release();
        if (output == ChunkedOutput.PayloadAndTrailers)
        {
            user.OnResponseTrailers(buffer, start, count);
        }
        else if (!_responseChunked || output == ChunkedOutput.StripFraming)
        {
            user.OnResponseBody([], 0, 0, done: true);
        }
        else
        {
            byte[] end = _services.Loop.Buffers.Rent(count + 5);
            "0\r\n"u8.CopyTo(end);
            Buffer.BlockCopy(buffer, start, end, 3, count);
            "\r\n"u8.CopyTo(end.AsSpan(3 + count));
            user.OnResponseBody(end, 0, count + 5, done: true);
            _services.Loop.Buffers.Return(end);
        }
    }

    public void OnWritable() => User?.OnRequestDrained();

    public void OnReset(Http2Error error, bool unprocessed)
    {
        // What came before the reset is the client's.
        FlushHead();
        if (error == Http2Error.Http11Required)
        {
            _connection.OnHttp1Required();
        }

        // Not having done anything is not promised by asking for HTTP/1.1 (RFC 9113 §8.7), so that must not matter.
        _unprocessed = unprocessed || _connection.SpeaksOther
            || (_connection.IsLeftForHttp1 && Method.IsIdempotent());
        if (User is not null)
        {
            Fault(State == Phase.Body ? ProxyFault.ResponseCutOff
                : error == Http2Error.Protocol ? ProxyFault.BadResponse
                : _connection.Fault ?? ProxyFault.OriginReset);
        }
    }

    /// <summary>Passes on a head whose body has not begun to come in the same piece of input.</summary>
    internal void FlushHead()
    {
        if (_head is { } head)
        {
            _head = null;
            PassHead(head, 0, _headCount, [], 0, 0, done: false);
            _services.Loop.Buffers.Return(head);
        }
    }

    /// <summary>The connection stands.</summary>
    internal void OnConnected() => Connected();

    /// <summary>The session has forgotten the stream.</summary>
    internal void OnClosed()
    {
        if (_stream is { } stream)
        {
            _stream = null;
            Session.Recycle(stream);
            Recycle();
        }
    }

    private protected override void OnBegin(bool upgradeAsked)
    {
    }

    private protected override void OnConnectFailed() => _connection.OnConnectFailed();

    private protected override void PauseTransport() => _paused = true;

    private protected override void ResumeTransport()
    {
        _paused = false;
        Credit(0);
    }

    private void SendChunks(Http2Stream stream, byte[] buffer, int start, int count)
    {
        ReadOnlySpan<byte> input = buffer.AsSpan(start, count);
        int at = 0;
        while (_chunks.Next(input, ref at) is { IsEmpty: false } run)
        {
            // The end of the body may be in sight: then it goes with the last run.
            int runStart = start + at - run.Length;
            bool end = input[at..].SequenceEqual("\r\n0\r\n\r\n"u8);
            _handedOver += run.Length;
            Session.SendData(stream, buffer, runStart, run.Length, end);
            if (end)
            {
                return;
            }
        }

        if (!_chunks.IsDone)
        {
            return;
        }

        if (_chunks.Trailers.IsEmpty)
        {
            Session.SendData(stream, [], 0, 0, endStream: true);
        }
        else
        {
            Session.SendTrailers(stream, _chunks.Trailers);
        }
    }

    private void PassHead(byte[] text, int start, int count, byte[] body, int bodyStart, int bodyCount, bool done)
    {
        ResponseHead head = _services.Heads.Response;
        int scanned = 0;
        HeadStatus status = ResponseHeadParser.Parse(
            text, start, count, ref scanned, head, Limits, Method, out HeadFault fault);
        if (status != HeadStatus.Complete || (head.IsInterim && ++_interim > Http1Origin.MaxInterim))
        {
            Fault(fault is HeadFault.HeadTooLarge or HeadFault.TooManyFields
                ? ProxyFault.ResponseHeadTooLarge
                : ProxyFault.BadResponse);
            return;
        }

        if (head.IsInterim)
        {
            User!.OnInterim(head);
            return;
        }

        _responseChunked = head.Body == BodyKind.Chunked;
        _responseLeft = head.Body == BodyKind.Length ? head.ContentLength : 0;
        if (CountPayload(bodyCount, done))
        {
            EnterBody(bodyCount);
            Deliver(head, body, bodyStart, bodyCount, done);
        }
    }

    /// <summary>Gives the user what came, with the framing it wants.</summary>
    private void Deliver(ResponseHead? head, byte[] buffer, int start, int count, bool done)
    {
        bool framed = _responseChunked && User!.ChunkedOutput == ChunkedOutput.KeepFraming;

        // A chunk's frame goes around the payload where it lies; what was behind it is the next frame's.
        Span<byte> saved = stackalloc byte[ChunkFrame.MaxBehind];
        Span<byte> behind = framed && count > 0 ? buffer.AsSpan(start + count, ChunkFrame.MaxBehind) : default;
        behind.CopyTo(saved);
        (byte[] run, int at, int length) = framed
            ? ChunkFrame.Around(buffer, start, count, done)
            : (buffer, start, count);
        IOriginUser user = done ? Release() : User!;
        if (head is not null)
        {
            user.OnResponse(head, run, at, length, done);
        }
        else if (done || length > 0)
        {
            user.OnResponseBody(run, at, length, done);
        }

        saved[..behind.Length].CopyTo(behind);
        if (!done)
        {
            Credit(count);
        }
    }

    /// <summary>Payload must be as long as the head said (RFC 9113 §8.1.1).</summary>
    private bool CountPayload(int count, bool end)
    {
        _responseLeft -= count;
        if (_responseChunked || (_responseLeft >= 0 && (!end || _responseLeft == 0)))
        {
            return true;
        }

        Fault(_responseLeft > 0 ? ProxyFault.ResponseCutOff : ProxyFault.BadResponse);
        return false;
    }

    private void Credit(int count)
    {
        _owed += count;
        if (!_paused && _owed > 0 && _stream is { IsOpen: true } stream)
        {
            Session.CreditStream(stream, _owed);
            _owed = 0;
        }
    }

    /// <summary>The response is complete: its user may go on to something else, maybe on this very
    /// connection.</summary>
    private IOriginUser Release()
    {
        IOriginUser user = User!;
        End();
        return user;
    }

    /// <summary>Lets go of the user, and of a stream that has not ended in both directions.</summary>
    private void End()
    {
        User = null;
        SplicedTo = null;
        State = Phase.Closed;
        StopTimer();
        if (_head is not null)
        {
            _services.Loop.Buffers.Return(_head);
            _head = null;
        }

        // One that has ended in both directions is closed by its session.
        if (_stream is { IsOpen: true } stream
            && stream is not { IsPeerDone: true, IsOurEndGiven: true, UnsentBytes: 0 })
        {
            Session.Reset(stream, Http2Error.Cancel);
        }

        Recycle();
    }

    /// <summary>Back to the stock, once neither the session nor an exchange knows this object.</summary>
    private void Recycle()
    {
        if (_stream is null && User is null && !_isFree)
        {
            _isFree = true;
            _services.FreeStreams.Push(this);
        }
    }
}
