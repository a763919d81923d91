using System.Buffers.Binary;
using Proxy.Edge.Buffers;
using Proxy.Edge.Http;
using Proxy.Edge.Http2.Hpack;
using Proxy.Edge.Http2.Messages;

namespace Proxy.Edge.Http2;

/// <summary>The state of one HTTP/2 connection as its server (RFC 9113), without input, output or clock of its own:
/// bytes and times are passed in, frames are collected in the output. A fault of a stream resets that stream, a fault of
/// the connection ends it with GOAWAY; everything a peer may send is bounded. Loop thread only.</summary>
public sealed class Http2Session
{
    private const int MaxFrame = 16 * 1024;
    private const int MaxFragments = 64;
    private const int MaxBlock = 128 * 1024;

    private readonly Http2Limits _limits;
    private readonly Http2Workspace _workspace;
    private readonly BufferPool _buffers;
    private readonly IHttp2SessionHandler _handler;
    private readonly Http2Sender _sender;
    private readonly Dictionary<int, Http2Stream> _streams = [];
    private readonly List<Http2Stream> _done = [];
    private readonly FrameReader _reader;
    private HpackDecoder _decoder;
    private FloodGuard _floods;
    private HeaderBlock _block;
    private SessionClock _clock;
    private int _lastStream;
    private int _lastAllowed = int.MaxValue;
    private int _receiveWindow;
    private int _credit;
    private long _now;
    private bool _settingsSeen;
    private bool _outputTold;
    private bool _dead;

    public Http2Session(
        Http2Limits limits, Http2Workspace workspace, BufferPool buffers, IHttp2SessionHandler handler)
    {
        _limits = limits;
        _workspace = workspace;
        _buffers = buffers;
        _handler = handler;
        _sender = new Http2Sender(buffers);
        _reader = new FrameReader(buffers, MaxFrame);
        _decoder = new HpackDecoder(limits.TableBytes);
        _receiveWindow = limits.ConnectionWindow;
    }

    /// <summary>Streams that have not ended in both directions.</summary>
    public int OpenStreams => _streams.Count;

    /// <summary>No new streams are wanted, or the peer wants none.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>The peer knows the last stream that will be served.</summary>
    public bool HasSaidLast => _lastAllowed != int.MaxValue;

    /// <summary>Nothing more can be done with the connection but to write its output and close.</summary>
    public bool IsDead => _dead;

    /// <summary>What is to be written: the first <see cref="OutputCount"/> bytes.</summary>
    public byte[]? Output => _sender.Output.Buffer;

    public int OutputCount => _sender.Output.Count;

    /// <summary>When <see cref="OnTimer"/> has something to do at the latest, microseconds.</summary>
    public long NextDeadline => _clock.NextDeadline(_limits, _block.IsOpen);

    /// <summary>Writes our SETTINGS and opens the connection's window.</summary>
    public void Start(long now)
    {
        _now = now;
        _clock.Start(now);
        ref FrameOutput output = ref _sender.Output;
        output.Header(30, FrameType.Settings, FrameFlags.None, 0);
        output.Setting(Settings.HeaderTableSize, _limits.TableBytes);
        output.Setting(Settings.MaxConcurrentStreams, _limits.MaxStreams);
        output.Setting(Settings.InitialWindowSize, _limits.StreamWindow);
        output.Setting(Settings.MaxHeaderListSize, _limits.HeadBytes);
        output.Setting(Settings.EnableConnectProtocol, 1);
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

            OnFrame(header, source, at);
        }

        _reader.End();
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
            Remove(stream);
            TellOutput();
        }
    }

    /// <summary>Payload of a stream was used: the peer may send as much again. Told to it in halves of a
    /// window.</summary>
    public void Consume(Http2Stream stream, int count)
    {
        CreditConnection(count);
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

    /// <summary>First step of leaving: asks the peer to open no more streams, without refusing those on their way
    /// (RFC 9113 §6.8). The second step follows by itself when the peer has answered a PING.</summary>
    public void Drain()
    {
        if (!IsDraining && !_dead)
        {
            IsDraining = true;
            _sender.Output.GoAway(int.MaxValue, Http2Error.None);
            WritePing(DrainPing);
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
            _block.Drop(_buffers);
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

        switch (_clock.Judge(_limits, now, _block.IsOpen))
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
    }

    private const ulong KeepAlivePing = 1;
    private const ulong DrainPing = 2;

    private void OnFrame(FrameHeader header, byte[] buffer, int at)
    {
        ReadOnlySpan<byte> payload = buffer.AsSpan(at, header.Length);
        if (_block.IsOpen && (header.Type != FrameType.Continuation || header.Stream != _block.Stream))
        {
            Fail(Http2Error.Protocol, "a header block was interrupted");
            return;
        }

        if (!_settingsSeen && header.Type != FrameType.Settings)
        {
            Fail(Http2Error.Protocol, "the first frame was not SETTINGS");
            return;
        }

        switch (header.Type)
        {
            case FrameType.Data:
                OnData(header, buffer, at);
                break;
            case FrameType.Headers:
                OnHeaders(header, payload);
                break;
            case FrameType.Continuation:
                OnContinuation(header, payload);
                break;
            case FrameType.RstStream:
                OnReset(header, payload);
                break;
            case FrameType.Settings:
                OnSettings(header, payload);
                break;
            case FrameType.Ping:
                OnPing(header, payload);
                break;
            case FrameType.GoAway:
                OnGoAway(header, payload);
                break;
            case FrameType.WindowUpdate:
                OnWindowUpdate(header, payload);
                break;
            case FrameType.PushPromise:
                Fail(Http2Error.Protocol, "PUSH_PROMISE from a client");
                break;
            case FrameType.Priority:
            case FrameType.PriorityUpdate:
                OnPriority(header, payload);
                break;
            default:
                // Unknown types are ignored (§5.5), but not for ever.
                CountIdle();
                break;
        }
    }

    private void OnData(FrameHeader header, byte[] buffer, int at)
    {
        _receiveWindow -= header.Length;
        if (_receiveWindow < 0)
        {
            Fail(Http2Error.FlowControl, "more than the connection's window");
            return;
        }

        int padding = 0;
        if (header.Has(FrameFlags.Padded))
        {
            padding = header.Length > 0 ? buffer[at] + 1 : int.MaxValue;
        }

        if (padding > header.Length || IsIdle(header.Stream))
        {
            Fail(Http2Error.Protocol, "bad padding, or DATA for a stream that was never opened");
            return;
        }

        if (!_streams.TryGetValue(header.Stream, out Http2Stream? stream))
        {
            // On its way when the stream ended.
            CreditConnection(header.Length);
            CountIdle();
            return;
        }

        stream.ReceiveWindow -= header.Length;
        if (stream.IsPeerDone || stream.ReceiveWindow < 0)
        {
            CreditConnection(header.Length);
            ResetByFault(stream, stream.IsPeerDone ? Http2Error.StreamClosed : Http2Error.FlowControl);
            return;
        }

        bool end = header.Has(FrameFlags.EndStream);
        int count = header.Length - padding;
        if (count == 0 && !end && !CountIdle())
        {
            return;
        }

        stream.IsPeerDone = end;
        if (padding > 0)
        {
            Consume(stream, padding);
        }

        int first = padding > 0 ? at + 1 : at;
        stream.Handler.OnData(buffer, first, count, end);
        CloseIfDone(stream);
    }

    private void OnHeaders(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        int skip = (header.Has(FrameFlags.Padded) ? 1 : 0) + (header.Has(FrameFlags.Priority) ? 5 : 0);
        int padding = header.Has(FrameFlags.Padded) && payload.Length > 0 ? payload[0] : 0;
        if ((header.Stream & 1) == 0 || skip + padding > payload.Length)
        {
            Fail(Http2Error.Protocol, "HEADERS with a bad stream or padding");
            return;
        }

        bool end = header.Has(FrameFlags.EndStream);
        ReadOnlySpan<byte> fragment = payload[skip..^padding];
        if (header.Has(FrameFlags.EndHeaders))
        {
            OnBlock(header.Stream, fragment, end);
        }
        else
        {
            _block.Open(_buffers, header.Stream, end, fragment);
            _clock.OnBlockOpened(_now);
        }
    }

    private void OnContinuation(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!_block.IsOpen)
        {
            Fail(Http2Error.Protocol, "CONTINUATION without HEADERS");
            return;
        }

        _block.Add(_buffers, payload);
        if (_block.Fragments > MaxFragments || _block.Length > MaxBlock)
        {
            Fail(Http2Error.EnhanceYourCalm, "a header block without end");
            return;
        }

        if (header.Has(FrameFlags.EndHeaders))
        {
            HeaderBlock block = _block;
            _block = default;
            OnBlock(block.Stream, block.Bytes, block.EndStream);
            block.Drop(_buffers);
        }
    }

    /// <summary>A complete header block: a request, or the trailers of one. It is decoded in any case, because the
    /// decoder's table changes with it.</summary>
    private void OnBlock(int id, ReadOnlySpan<byte> block, bool endStream)
    {
        if (_streams.TryGetValue(id, out Http2Stream? known))
        {
            OnTrailers(known, block, endStream);
            return;
        }

        RequestText text = _workspace.Request;
        text.Begin(_limits.HeadBytes, _limits.Fields);
        if (!_decoder.Decode(block, _workspace.Strings, text))
        {
            Fail(Http2Error.Compression, "a header block that cannot be decoded");
            return;
        }

        HeadVerdict verdict = text.End(endStream);
        if (id <= _lastStream)
        {
            // It ended, or we reset it while this was on its way.
            CountIdle();
            return;
        }

        _lastStream = id;
        if (id > _lastAllowed)
        {
            return;
        }

        if (_streams.Count >= _limits.MaxStreams)
        {
            _sender.Output.Number(FrameType.RstStream, id, (uint)Http2Error.RefusedStream);
            CountReset();
            return;
        }

        Open(id, text, verdict, endStream);
    }

    private void Open(int id, RequestText text, HeadVerdict verdict, bool endStream)
    {
        if (verdict == HeadVerdict.Malformed)
        {
            _sender.Output.Number(FrameType.RstStream, id, (uint)Http2Error.Protocol);
            CountReset();
            return;
        }

        if (verdict == HeadVerdict.TooLarge)
        {
            HeadBlocks.Response(ref _sender.Output, id, 431, "content-length: 0\r\n"u8, endStream: true);
            if (!endStream)
            {
                _sender.Output.Number(FrameType.RstStream, id, (uint)Http2Error.None);
            }

            CountIdle();
            return;
        }

        Http2Stream stream = _workspace.Free.TryPop(out Http2Stream? free) ? free : new Http2Stream();
        stream.Reset(id, _sender.InitialWindow, _limits.StreamWindow);
        stream.Urgency = text.Priority.Urgency;
        stream.IsIncremental = text.Priority.Incremental;
        stream.IsPeerDone = endStream;
        _streams.Add(id, stream);
        stream.Handler = _handler.OnStream(stream);
        stream.Handler.OnHead(text.Buffer, 0, text.Length, endStream);
        CloseIfDone(stream);
    }

    private void OnTrailers(Http2Stream stream, ReadOnlySpan<byte> block, bool endStream)
    {
        TrailerText text = _workspace.Trailers;
        text.Begin(_limits.HeadBytes);
        if (!_decoder.Decode(block, _workspace.Strings, text))
        {
            Fail(Http2Error.Compression, "a header block that cannot be decoded");
            return;
        }

        if (stream.IsPeerDone)
        {
            ResetByFault(stream, Http2Error.StreamClosed);
            return;
        }

        if (!endStream || text.End() != HeadVerdict.Ok)
        {
            ResetByFault(stream, Http2Error.Protocol);
            return;
        }

        stream.IsPeerDone = true;
        stream.Handler.OnTrailers(text.Buffer, 0, text.Length);
        CloseIfDone(stream);
    }

    private void OnReset(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (payload.Length != 4 || IsIdle(header.Stream))
        {
            Fail(
                payload.Length != 4 ? Http2Error.FrameSize : Http2Error.Protocol,
                "RST_STREAM of a wrong size, or for a stream that was never opened");
            return;
        }

        if (!CountReset() || !_streams.TryGetValue(header.Stream, out Http2Stream? stream))
        {
            return;
        }

        Remove(stream);
        stream.Handler.OnReset((Http2Error)BinaryPrimitives.ReadInt32BigEndian(payload), unprocessed: false);
    }

    private void OnSettings(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Stream != 0 || payload.Length % 6 != 0
            || (header.Has(FrameFlags.EndStream) && payload.Length > 0))
        {
            Fail(
                header.Stream != 0 ? Http2Error.Protocol : Http2Error.FrameSize,
                "SETTINGS of a wrong size, or on a stream");
            return;
        }

        if (!CountIdle())
        {
            return;
        }

        if (header.Has(FrameFlags.EndStream))
        {
            _clock.OnSettingsAcknowledged();
            return;
        }

        _settingsSeen = true;
        for (int i = 0; i < payload.Length; i += 6)
        {
            Http2Error error = Apply(
                BinaryPrimitives.ReadUInt16BigEndian(payload[i..]),
                BinaryPrimitives.ReadUInt32BigEndian(payload[(i + 2)..]));
            if (error != Http2Error.None)
            {
                Fail(error, "a setting with a value it cannot have");
                return;
            }
        }

        _sender.Output.Header(0, FrameType.Settings, FrameFlags.EndStream, 0);
        _handler.OnPeerSettings();
        Pump();
    }

    private Http2Error Apply(int id, uint value) => id switch
    {
        Settings.EnablePush or Settings.EnableConnectProtocol => value <= 1 ? Http2Error.None : Http2Error.Protocol,
        Settings.InitialWindowSize => value <= int.MaxValue
            && _sender.ChangeInitialWindow((int)value, _streams.Values)
            ? Http2Error.None
            : Http2Error.FlowControl,
        Settings.MaxFrameSize => value is >= 16384 and <= 16777215 ? Http2Error.None : Http2Error.Protocol,
        _ => Http2Error.None,
    };

    private void OnPing(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Stream != 0 || payload.Length != 8)
        {
            Fail(header.Stream != 0 ? Http2Error.Protocol : Http2Error.FrameSize, "PING of a wrong size, or on a stream");
            return;
        }

        if (!CountIdle())
        {
            return;
        }

        if (!header.Has(FrameFlags.EndStream))
        {
            _sender.Output.Header(8, FrameType.Ping, FrameFlags.EndStream, 0);
            payload.CopyTo(_sender.Output.Take(8));
            return;
        }

        _clock.OnPong();
        if (BinaryPrimitives.ReadUInt64BigEndian(payload) == DrainPing && IsDraining && _lastAllowed == int.MaxValue)
        {
            // Whatever the peer sent before it knew has arrived.
            _lastAllowed = _lastStream;
            _sender.Output.GoAway(_lastStream, Http2Error.None);
        }

        _handler.OnPong();
    }

    private void OnGoAway(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Stream != 0 || payload.Length < 8)
        {
            Fail(header.Stream != 0 ? Http2Error.Protocol : Http2Error.FrameSize, "GOAWAY of a wrong size, or on a stream");
            return;
        }

        IsDraining = true;
        _handler.OnGoAway((Http2Error)BinaryPrimitives.ReadInt32BigEndian(payload[4..]));
    }

    private void OnWindowUpdate(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (payload.Length != 4 || IsIdle(header.Stream))
        {
            Fail(
                payload.Length != 4 ? Http2Error.FrameSize : Http2Error.Protocol,
                "WINDOW_UPDATE of a wrong size, or for a stream that was never opened");
            return;
        }

        int increment = BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
        if (header.Stream == 0)
        {
            if (increment == 0 || !_sender.AddConnectionWindow(increment))
            {
                Fail(increment == 0 ? Http2Error.Protocol : Http2Error.FlowControl, "WINDOW_UPDATE by a wrong number");
                return;
            }
        }
        else if (!_streams.TryGetValue(header.Stream, out Http2Stream? stream))
        {
            CountIdle();
            return;
        }
        else if (increment == 0 || !Http2Sender.AddWindow(stream, increment))
        {
            ResetByFault(stream, increment == 0 ? Http2Error.Protocol : Http2Error.FlowControl);
            return;
        }

        // Small steps make us write small frames.
        if (increment < 64 && !CountIdle())
        {
            return;
        }

        Pump();
    }

    private void OnPriority(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!CountIdle() || header.Type == FrameType.Priority)
        {
            return;
        }

        if (header.Stream == 0 && payload.Length >= 4
            && _streams.TryGetValue(BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue, out Http2Stream? stream))
        {
            var priority = Messages.Priority.Parse(payload[4..]);
            stream.Urgency = priority.Urgency;
            stream.IsIncremental = priority.Incremental;
        }
    }

    private bool IsIdle(int id) => id != 0 && ((id & 1) == 0 || id > _lastStream);

    private void Pump()
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

    private void CreditConnection(int count)
    {
        _credit += count;
        if (_credit >= _limits.ConnectionWindow / 2)
        {
            _sender.Output.Number(FrameType.WindowUpdate, 0, (uint)_credit);
            _receiveWindow += _credit;
            _credit = 0;
        }
    }

    private void WritePing(ulong mark)
    {
        _clock.OnPing(_now);
        _sender.Output.Header(8, FrameType.Ping, FrameFlags.None, 0);
        BinaryPrimitives.WriteUInt64BigEndian(_sender.Output.Take(8), mark);
    }

    private bool CountIdle()
    {
        if (_floods.IdleFrame(_limits, _now))
        {
            return true;
        }

        Fail(Http2Error.EnhanceYourCalm, "too many frames without use");
        return false;
    }

    private bool CountReset()
    {
        if (_floods.Reset(_limits, _now))
        {
            return true;
        }

        Fail(Http2Error.EnhanceYourCalm, "too many streams reset");
        return false;
    }

    private void ResetByFault(Http2Stream stream, Http2Error error)
    {
        Reset(stream, error);
        stream.Handler.OnReset(error, unprocessed: false);
        CountReset();
    }

    private void CloseIfDone(Http2Stream stream)
    {
        if (stream is { IsOpen: true, IsPeerDone: true, IsOurEndGiven: true, UnsentBytes: 0 })
        {
            Remove(stream);
        }
    }

    private void Remove(Http2Stream stream)
    {
        stream.IsOpen = false;
        _sender.Forget(stream);
        _streams.Remove(stream.Id);
        _handler.OnStreamClosed(stream);
    }

    private void Fail(Http2Error error, string reason)
    {
        if (_dead)
        {
            return;
        }

        _dead = true;
        _sender.Output.GoAway(_lastStream, error);
        ResetAll(error);
        _block.Drop(_buffers);
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
