using System.Buffers.Binary;
using Proxy.Edge.Buffers;
using Proxy.Edge.Http;

namespace Proxy.Edge.Http2;

/// <summary>Which end of a connection a session is.</summary>
public enum Http2Role : byte
{
    Server,
    Client,
}

/// <summary>The state of one HTTP/2 connection (RFC 9113), without input, output or clock of its own:
/// bytes and times are passed in, frames are collected in the output. A fault of a stream resets that stream, a
/// fault of the connection ends it with GOAWAY; everything a peer may send is bounded. Loop thread only.</summary>
public sealed class Http2Session
{
    private const int MaxFrame = 16 * 1024;
    internal const ulong DrainPing = 2;
    private const ulong KeepAlivePing = 1;

    private readonly Http2Role _role;
    private readonly Http2Limits _limits;
    private readonly Http2Workspace _workspace;
    private readonly IHttp2SessionHandler _handler;
    private readonly Http2Sender _sender;
    private readonly Dictionary<int, Http2Stream> _streams = [];
    private readonly List<Http2Stream> _done = [];
    private readonly FrameReader _reader;
    private readonly Http2Receiver _receiver;
    private SessionClock _clock;
    private long _now;
    private int _lastOpened = -1;
    private bool _outputTold;
    private bool _dead;

    public Http2Session(
        Http2Role role, Http2Limits limits, Http2Workspace workspace, BufferPool buffers, IHttp2SessionHandler handler)
    {
        _role = role;
        _limits = limits;
        _workspace = workspace;
        _handler = handler;
        _sender = new Http2Sender(buffers);
        _reader = new FrameReader(buffers, MaxFrame, expectPreface: role == Http2Role.Server);
        _receiver = new Http2Receiver(this, limits, workspace, buffers, handler, _sender);
    }

    /// <summary>Streams that have not ended in both directions.</summary>
    public int OpenStreams => _streams.Count;

    /// <summary>No new streams are wanted, or the peer wants none.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>Client side: another stream may be opened as far as the connection goes; how many the peer wants at
    /// once is told by <see cref="PeerMaxStreams"/>.</summary>
    public bool CanOpen => !IsDraining && !_dead && _lastOpened < int.MaxValue - 1;

    /// <summary>Streams the peer allows at once. Until it says so a usual number; no limit counts as very
    /// many.</summary>
    public int PeerMaxStreams { get; internal set; } = 100;

    /// <summary>The peer knows the last stream that will be served.</summary>
    public bool HasSaidLast => _receiver.HasSaidLast;

    /// <summary>Payload of all streams that the peer has not taken.</summary>
    public long UnsentBytes => _sender.UnsentBytes;

    internal Dictionary<int, Http2Stream> Streams => _streams;

    /// <summary>The open streams at this moment, for who may change them meanwhile.</summary>
    internal Http2Stream[] OpenStreamsNow() => [.. _streams.Values];

    internal ref SessionClock Clock => ref _clock;

    internal bool IsClient => _role == Http2Role.Client;

    /// <summary>Client side: the highest stream that was opened.</summary>
    internal int LastOpened => _lastOpened;

    /// <summary>Time of the call that is running.</summary>
    internal long Now => _now;

    /// <summary>Nothing more can be done with the connection but to write its output and close.</summary>
    public bool IsDead => _dead;

    /// <summary>What is to be written: the first <see cref="OutputCount"/> bytes.</summary>
    public byte[]? Output => _sender.Output.Buffer;

    public int OutputCount => _sender.Output.Count;

    /// <summary>When <see cref="OnTimer"/> has something to do at the latest, microseconds.</summary>
    public long NextDeadline => _clock.NextDeadline(_limits, _receiver.IsInBlock);

    /// <summary>Writes the preface of a client, our SETTINGS, and opens the connection's window.</summary>
    public void Start(long now)
    {
        _now = now;
        _clock.Start(now);
        ref FrameOutput output = ref _sender.Output;
        if (IsClient)
        {
            Http2Preface.Bytes.CopyTo(output.Take(Http2Preface.Bytes.Length));
        }

        output.Header(IsClient ? 24 : 30, FrameType.Settings, FrameFlags.None, 0);
        output.Setting(Settings.HeaderTableSize, _limits.TableBytes);
        output.Setting(Settings.InitialWindowSize, _limits.StreamWindow);
        output.Setting(Settings.MaxHeaderListSize, _limits.HeadBytes);
        if (IsClient)
        {
            output.Setting(Settings.EnablePush, 0);
        }
        else
        {
            output.Setting(Settings.MaxConcurrentStreams, _limits.MaxStreams);
            output.Setting(Settings.EnableConnectProtocol, 1);
        }

        output.Number(FrameType.WindowUpdate, 0, (uint)(_limits.ConnectionWindow - 65535));
        TellOutput();
    }

    /// <summary>Takes received bytes and calls the handlers. False when the connection cannot go on.</summary>
    public bool Receive(byte[] buffer, int offset, int count, long now)
    {
        _now = now;
        _clock.OnReceived(now);
        _reader.Begin(buffer, offset, count);
        while (!_dead)
        {
            FrameStatus status = _reader.Next(out FrameHeader header, out byte[] source, out int at);
            if (status == FrameStatus.Incomplete)
            {
                break;
            }

            if (status != FrameStatus.Complete)
            {
                Fail(
                    status == FrameStatus.TooLarge ? Http2Error.FrameSize : Http2Error.Protocol,
                    status == FrameStatus.TooLarge ? "frame too large" : "no HTTP/2 preface");
                break;
            }

            _receiver.OnFrame(header, source, at);
        }

        if (_dead)
        {
            _reader.Drop();
        }
        else
        {
            _reader.End();
        }

        TellOutput();
        return !_dead;
    }

    /// <summary>The output was written, or copied.</summary>
    public void ClearOutput()
    {
        _sender.Output.Clear();
        _outputTold = false;
    }

    /// <summary>Whether the transport has bytes it could not write. Unblocked, payload that waits goes on; it is in the
    /// output afterwards.</summary>
    public void SetBlocked(bool blocked)
    {
        _sender.IsBlocked = blocked;
        if (!blocked)
        {
            Pump();
        }
    }

    /// <summary>Client side: a new stream. Send its request next.</summary>
    public Http2Stream Open(IHttp2StreamHandler handler)
    {
        _lastOpened += 2;
        Http2Stream stream = _workspace.Free.TryPop(out Http2Stream? free) ? free : new Http2Stream();
        stream.Reset(_lastOpened, _sender.InitialWindow, _limits.StreamWindow);
        stream.Handler = handler;
        _streams.Add(_lastOpened, stream);
        return stream;
    }

    /// <summary>A request's head as HTTP/1.1 text, complete and of our own making. Without a body it is the whole
    /// request.</summary>
    public RequestFraming SendRequest(Http2Stream stream, ReadOnlySpan<byte> head, bool https)
    {
        RequestFraming framing = RequestBlock.Write(ref _sender.Output, stream.Id, head, https);
        stream.IsOurEndGiven |= framing == default;
        TellOutput();
        return framing;
    }

    /// <summary>An origin's head.</summary>
    /// <param name="lines">Complete lines to add, and likewise <paramref name="more"/>.</param>
    public void SendHead(
        Http2Stream stream, ResponseHead head, ReadOnlySpan<byte> lines, ReadOnlySpan<byte> more, bool endStream)
    {
        if (stream.IsOpen)
        {
            stream.IsOurEndGiven |= endStream;
            HeadBlocks.Response(ref _sender.Output, stream.Id, head, lines, more, endStream);
            TellOutput();
            CloseIfDone(stream);
        }
    }

    /// <summary>A head of the proxy's own.</summary>
    /// <param name="lines">Complete lines "Name: value" CRLF.</param>
    public void SendHead(Http2Stream stream, int status, ReadOnlySpan<byte> lines, bool endStream)
    {
        if (stream.IsOpen)
        {
            stream.IsOurEndGiven |= endStream;
            HeadBlocks.Response(ref _sender.Output, stream.Id, status, lines, endStream);
            TellOutput();
            CloseIfDone(stream);
        }
    }

    /// <summary>Sends payload as far as windows allow and keeps the rest; see <see cref="Http2Stream.UnsentBytes"/>.
    /// </summary>
    public void SendData(Http2Stream stream, byte[] buffer, int start, int count, bool endStream)
    {
        if (stream.IsOpen)
        {
            _sender.Send(stream, buffer, start, count, endStream);
            TellOutput();
            CloseIfDone(stream);
        }
    }

    public void SendTrailers(Http2Stream stream, ReadOnlySpan<byte> lines)
    {
        if (stream.IsOpen)
        {
            _sender.SendTrailers(stream, lines);
            TellOutput();
            CloseIfDone(stream);
        }
    }

    /// <summary>Ends a stream at once. Its handler is not told.</summary>
    public void Reset(Http2Stream stream, Http2Error error)
    {
        if (stream.IsOpen)
        {
            _sender.Output.Number(FrameType.RstStream, stream.Id, (uint)error);
            _receiver.OnOurReset(stream.Id);
            Remove(stream);
            TellOutput();
        }
    }

    /// <summary>Payload of a stream was used: the peer may send as much again. Told to it in halves of a
    /// window.</summary>
    public void Consume(Http2Stream stream, int count)
    {
        CreditConnection(count);
        CreditStream(stream, count);
    }

    /// <summary>The connection's part of <see cref="Consume"/>, for whoever lets slow streams wait without holding up
    /// the others.</summary>
    public void CreditConnection(int count)
    {
        _receiver.CreditConnection(count);
        TellOutput();
    }

    /// <summary>The stream's part of <see cref="Consume"/>.</summary>
    public void CreditStream(Http2Stream stream, int count)
    {
        if (stream.IsOpen && !stream.IsPeerDone)
        {
            stream.Credit += count;
            if (stream.Credit >= _limits.StreamWindow / 2)
            {
                _sender.Output.Number(FrameType.WindowUpdate, stream.Id, (uint)stream.Credit);
                stream.ReceiveWindow += stream.Credit;
                stream.Credit = 0;
            }
        }

        TellOutput();
    }

    /// <summary>The stream's handler is done with a stream that has ended: it may be used for another.</summary>
    public void Recycle(Http2Stream stream) => _workspace.Free.Push(stream);

    /// <summary>A client opens no more streams. A server takes the first step of leaving: it asks the peer to open no
    /// more streams, without refusing those on their way (RFC 9113 §6.8). The second step follows by itself when the
    /// peer has answered a PING.</summary>
    public void Drain()
    {
        if (!IsDraining && !_dead)
        {
            IsDraining = true;
            if (IsClient)
            {
                // Nothing that the server began is to be lost, for it begins nothing.
                _sender.Output.GoAway(0, Http2Error.None);
            }
            else
            {
                _sender.Output.GoAway(int.MaxValue, Http2Error.None);
                WritePing(DrainPing);
            }

            TellOutput();
        }
    }

    /// <summary>The connection is given up or lost: every stream is told.</summary>
    public void Abandon(Http2Error error)
    {
        if (!_dead)
        {
            _dead = true;
            ResetAll(error);
            _reader.Drop();
            _receiver.Drop();
            _sender.Output.Clear();
        }
    }

    /// <summary>Keeps the connection's own deadlines: answers to SETTINGS and PING, header blocks that never
    /// end.</summary>
    public void OnTimer(long now)
    {
        _now = now;
        if (_dead)
        {
            return;
        }

        switch (_clock.Judge(_limits, now, _receiver.IsInBlock))
        {
            case ClockVerdict.Ping:
                WritePing(KeepAlivePing);
                TellOutput();
                break;
            case ClockVerdict.SettingsTimeout:
                Fail(Http2Error.SettingsTimeout, "SETTINGS was not acknowledged in time");
                TellOutput();
                break;
            case ClockVerdict.HeadTimeout:
                Fail(Http2Error.EnhanceYourCalm, "a header block did not end in time");
                TellOutput();
                break;
            case ClockVerdict.PingTimeout:
                Fail(Http2Error.None, "PING was not answered in time");
                TellOutput();
                break;
            default:
                break;
        }

        if (_dead)
        {
            // Half a frame may be waiting for its rest.
            _reader.Drop();
        }
    }

    internal void Pump()
    {
        _sender.Pump(_done);
        for (int i = 0; i < _done.Count; i++)
        {
            Http2Stream stream = _done[i];
            if (stream.IsOpen)
            {
                stream.Handler.OnWritable();
                CloseIfDone(stream);
            }
        }

        _done.Clear();
        TellOutput();
    }

    /// <summary>The peer leaves, and has not looked at streams above the last.</summary>
    internal void StopOpening(int last, Http2Error error)
    {
        IsDraining = true;
        if (!IsClient || last >= _lastOpened)
        {
            return;
        }

        foreach (Http2Stream stream in OpenStreamsNow())
        {
            if (stream.Id > last && stream.IsOpen)
            {
                Remove(stream);
                stream.Handler.OnReset(error, unprocessed: true);
            }
        }
    }

    private void WritePing(ulong mark)
    {
        _clock.OnPing(_now);
        _sender.Output.Header(8, FrameType.Ping, FrameFlags.None, 0);
        BinaryPrimitives.WriteUInt64BigEndian(_sender.Output.Take(8), mark);
    }

    internal void CloseIfDone(Http2Stream stream)
    {
        if (stream is { IsOpen: true, IsPeerDone: true, IsOurEndGiven: true, UnsentBytes: 0 })
        {
            Remove(stream);
        }
    }

    internal void Remove(Http2Stream stream)
    {
        stream.IsOpen = false;
        _sender.Forget(stream);
        _streams.Remove(stream.Id);
        _handler.OnStreamClosed(stream);
    }

    internal void Fail(Http2Error error, string reason)
    {
        if (_dead)
        {
            return;
        }

        _dead = true;
        _sender.Output.GoAway(_receiver.LastStream, error);
        ResetAll(error);
        _receiver.Drop();
        _handler.OnConnectionError(error, reason);
    }

    private void ResetAll(Http2Error error)
    {
        while (_streams.Count > 0)
        {
            Http2Stream stream = _streams.Values.First();
            Remove(stream);
            stream.Handler.OnReset(error, unprocessed: false);
        }
    }

    private void TellOutput()
    {
        if (!_outputTold && _sender.Output.Count > 0)
        {
            _outputTold = true;
            _handler.OnOutput();
        }
    }
}
