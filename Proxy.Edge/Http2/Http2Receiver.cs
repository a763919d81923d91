using System.Buffers.Binary;
using Proxy.Edge.Buffers;
using Proxy.Edge.Http2.Hpack;
using Proxy.Edge.Http2.Messages;

namespace Proxy.Edge.Http2;

/// <summary>The receiving side of a session: what each frame means (RFC 9113 §6) and whether it may come now. Part
/// of its session.</summary>
internal sealed class Http2Receiver(
    Http2Session session, Http2Limits limits, Http2Workspace workspace, BufferPool buffers,
    IHttp2SessionHandler handler, Http2Sender sender)
{
    private const int MaxFragments = 64;
    private const int MaxBlock = 128 * 1024;

    private readonly ControlFrames _control = new(session, sender, handler);
    private HpackDecoder _decoder = new(limits.TableBytes);
    private FloodGuard _floods;
    private HeaderBlock _block;
    private RecentResets _resets = new(limits.MaxStreams);
    private int _lastAllowed = int.MaxValue;
    private int _receiveWindow = limits.ConnectionWindow;
    private int _credit;

    /// <summary>The highest stream the peer has opened.</summary>
    public int LastStream { get; private set; }

    /// <summary>The peer knows the last stream that will be served.</summary>
    public bool HasSaidLast => _lastAllowed != int.MaxValue;

    /// <summary>Streams above the last one that has arrived are not served any more; which that is.</summary>
    public int StopAtLast() => _lastAllowed = LastStream;

    /// <summary>A header block has begun and not ended.</summary>
    public bool IsInBlock => _block.IsOpen;

    public void Drop() => _block.Drop(buffers);

    public void OnFrame(FrameHeader header, byte[] buffer, int at)
    {
        ReadOnlySpan<byte> payload = buffer.AsSpan(at, header.Length);
        if (_block.IsOpen && (header.Type != FrameType.Continuation || header.Stream != _block.Stream))
        {
            session.Fail(Http2Error.Protocol, "a header block was interrupted");
            return;
        }

        if (!_control.IsSettingsSeen && header.Type != FrameType.Settings)
        {
            session.Fail(Http2Error.Protocol, "the first frame was not SETTINGS");
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
                _control.OnSettings(this, header, payload);
                break;
            case FrameType.Ping:
                _control.OnPing(this, header, payload);
                break;
            case FrameType.GoAway:
                _control.OnGoAway(this, header, payload);
                break;
            case FrameType.WindowUpdate:
                OnWindowUpdate(header, payload);
                break;
            case FrameType.PushPromise:
                session.Fail(Http2Error.Protocol, "PUSH_PROMISE, which nobody may send here");
                break;
            case FrameType.Priority:
                OnOldPriority(header);
                break;
            case FrameType.PriorityUpdate:
                OnPriorityUpdate(header, payload);
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
            session.Fail(Http2Error.FlowControl, "more than the connection's window");
            return;
        }

        int padding = 0;
        if (header.Has(FrameFlags.Padded))
        {
            padding = header.Length > 0 ? buffer[at] + 1 : int.MaxValue;
        }

        if (padding > header.Length || header.Stream == 0 || IsIdle(header.Stream))
        {
            session.Fail(Http2Error.Protocol, "bad padding, or DATA for no stream or one that was never opened");
            return;
        }

        if (!session.Streams.TryGetValue(header.Stream, out Http2Stream? stream))
        {
            CreditConnection(header.Length);
            OnLateData(header.Stream);
            return;
        }

        stream.ReceiveWindow -= header.Length;
        if (stream.IsPeerDone || stream.ReceiveWindow < 0 || (session.IsClient && !stream.IsAnswered))
        {
            CreditConnection(header.Length);
            ResetByFault(
                stream,
                stream.IsPeerDone ? Http2Error.StreamClosed
                : stream.ReceiveWindow < 0 ? Http2Error.FlowControl
                : Http2Error.Protocol);
            return;
        }

        bool end = header.Has(FrameFlags.EndStream);
        int count = header.Length - padding;
        if (count > 0)
        {
            _floods.Payload();
        }
        else if (!end && !CountIdle())
        {
            return;
        }

        stream.IsPeerDone = end;
        if (padding > 0)
        {
            session.Consume(stream, padding);
        }

        int first = padding > 0 ? at + 1 : at;
        stream.Handler.OnData(buffer, first, count, end);
        session.CloseIfDone(stream);
    }

    /// <summary>DATA for a stream that has ended (§6.1).</summary>
    private void OnLateData(int id)
    {
        if (IsOnItsWay(id))
        {
            CountIdle();
            return;
        }

        Refuse(id, Http2Error.StreamClosed);
    }

    private void OnHeaders(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        int skip = (header.Has(FrameFlags.Padded) ? 1 : 0) + (header.Has(FrameFlags.Priority) ? 5 : 0);
        int padding = header.Has(FrameFlags.Padded) && payload.Length > 0 ? payload[0] : 0;
        if ((header.Stream & 1) == 0 || skip + padding > payload.Length)
        {
            session.Fail(Http2Error.Protocol, "HEADERS with a bad stream or padding");
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
            _block.Open(buffers, header.Stream, end, fragment);
            session.Clock.OnBlockOpened(session.Now);
        }
    }

    private void OnContinuation(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!_block.IsOpen)
        {
            session.Fail(Http2Error.Protocol, "CONTINUATION without HEADERS");
            return;
        }

        _block.Add(buffers, payload);
        if (_block.Fragments > MaxFragments || _block.Length > MaxBlock)
        {
            session.Fail(Http2Error.EnhanceYourCalm, "a header block without end");
            return;
        }

        if (header.Has(FrameFlags.EndHeaders))
        {
            HeaderBlock block = _block;
            _block = default;
            OnBlock(block.Stream, block.Bytes, block.EndStream);
            block.Drop(buffers);
        }
    }

    /// <summary>A complete header block: a head, or the trailers behind a body. It is decoded in any case, because the
    /// decoder's table changes with it.</summary>
    private void OnBlock(int id, ReadOnlySpan<byte> block, bool endStream)
    {
        if (session.Streams.TryGetValue(id, out Http2Stream? known))
        {
            if (session.IsClient && !known.IsAnswered && !known.IsPeerDone)
            {
                OnResponse(known, block, endStream);
            }
            else
            {
                OnTrailers(known, block, endStream);
            }

            return;
        }

        if (session.IsClient)
        {
            OnLateBlock(id, block);
            return;
        }

        RequestText text = workspace.Request;
        text.Begin(limits.HeadBytes, limits.Fields);
        if (!_decoder.Decode(block, workspace.Strings, text))
        {
            session.Fail(Http2Error.Compression, "a header block that cannot be decoded");
            return;
        }

        HeadVerdict verdict = text.End(endStream);
        if (id <= LastStream)
        {
            if (!IsOnItsWay(id))
            {
                session.Fail(Http2Error.StreamClosed, "HEADERS for a stream that has ended or was left out");
                return;
            }

            CountIdle();
            return;
        }

        LastStream = id;
        if (id > _lastAllowed)
        {
            return;
        }

        if (session.Streams.Count >= limits.MaxStreams)
        {
            Refuse(id, Http2Error.RefusedStream);
            return;
        }

        Open(id, text, verdict, endStream);
    }

    private void Open(int id, RequestText text, HeadVerdict verdict, bool endStream)
    {
        if (verdict == HeadVerdict.Malformed)
        {
            Refuse(id, Http2Error.Protocol);
            return;
        }

        if (verdict == HeadVerdict.TooLarge)
        {
            HeadBlocks.Response(ref sender.Output, id, 431, "content-length: 0\r\n"u8, endStream: true);
            if (!endStream)
            {
                sender.Output.Number(FrameType.RstStream, id, (uint)Http2Error.None);
                OnOurReset(id);
            }

            CountIdle();
            return;
        }

        Http2Stream stream = workspace.Free.TryPop(out Http2Stream? free) ? free : new Http2Stream();
        stream.Reset(id, sender.InitialWindow, limits.StreamWindow);
        stream.Urgency = text.Priority.Urgency;
        stream.IsIncremental = text.Priority.Incremental;
        stream.IsPeerDone = endStream;
        session.Streams.Add(id, stream);
        stream.Handler = handler.OnStream(stream);
        stream.Handler.OnHead(text.Buffer, 0, text.Length, endStream);
        session.CloseIfDone(stream);
    }

    /// <summary>A response on its way when we gave its stream up.</summary>
    private void OnLateBlock(int id, ReadOnlySpan<byte> block)
    {
        workspace.Trailers.Begin(limits.HeadBytes);
        if (IsIdle(id))
        {
            session.Fail(Http2Error.Protocol, "HEADERS for a stream that was never opened");
        }
        else if (!_decoder.Decode(block, workspace.Strings, workspace.Trailers))
        {
            session.Fail(Http2Error.Compression, "a header block that cannot be decoded");
        }
        else
        {
            CountIdle();
        }
    }

    private void OnResponse(Http2Stream stream, ReadOnlySpan<byte> block, bool endStream)
    {
        ResponseText text = workspace.Response;
        text.Begin(limits.HeadBytes, limits.Fields);
        if (!_decoder.Decode(block, workspace.Strings, text))
        {
            session.Fail(Http2Error.Compression, "a header block that cannot be decoded");
            return;
        }

        bool interim = text.Status < 200;
        if (text.End(endStream) != HeadVerdict.Ok || (interim && endStream))
        {
            ResetByFault(stream, Http2Error.Protocol);
            return;
        }

        stream.IsAnswered = !interim;
        stream.IsPeerDone = endStream;
        stream.Handler.OnHead(text.Buffer, 0, text.Length, endStream);
        session.CloseIfDone(stream);
    }

    private void OnTrailers(Http2Stream stream, ReadOnlySpan<byte> block, bool endStream)
    {
        TrailerText text = workspace.Trailers;
        text.Begin(limits.HeadBytes);
        if (!_decoder.Decode(block, workspace.Strings, text))
        {
            session.Fail(Http2Error.Compression, "a header block that cannot be decoded");
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
        session.CloseIfDone(stream);
    }

    private void OnReset(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (payload.Length != 4 || header.Stream == 0 || IsIdle(header.Stream))
        {
            session.Fail(
                payload.Length != 4 ? Http2Error.FrameSize : Http2Error.Protocol,
                "RST_STREAM of a wrong size, or for no stream or one that was never opened");
            return;
        }

        // A client makes us work with each stream it opens and resets; a server can only end what we began.
        if ((!session.IsClient && !CountReset())
            || !session.Streams.TryGetValue(header.Stream, out Http2Stream? stream))
        {
            return;
        }

        var error = (Http2Error)BinaryPrimitives.ReadInt32BigEndian(payload);
        session.Remove(stream);
        stream.Handler.OnReset(error, unprocessed: session.IsClient && error == Http2Error.RefusedStream);
    }

    private void OnWindowUpdate(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (payload.Length != 4 || IsIdle(header.Stream))
        {
            session.Fail(
                payload.Length != 4 ? Http2Error.FrameSize : Http2Error.Protocol,
                "WINDOW_UPDATE of a wrong size, or for a stream that was never opened");
            return;
        }

        int increment = BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
        if (header.Stream == 0)
        {
            if (increment == 0 || !sender.AddConnectionWindow(increment))
            {
                Http2Error error = increment == 0 ? Http2Error.Protocol : Http2Error.FlowControl;
                session.Fail(error, "WINDOW_UPDATE by a wrong number");
                return;
            }
        }
        else if (!session.Streams.TryGetValue(header.Stream, out Http2Stream? stream))
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

        session.Pump();
    }

    /// <summary>The tree of RFC 7540 §5.3, which is obsolete: only the frame's shape is looked at (§6.3).</summary>
    private void OnOldPriority(FrameHeader header)
    {
        if (header.Stream == 0)
        {
            session.Fail(Http2Error.Protocol, "PRIORITY for no stream");
        }
        else if (header.Length == 5)
        {
            CountIdle();
        }
        else if (session.Streams.TryGetValue(header.Stream, out Http2Stream? stream))
        {
            ResetByFault(stream, Http2Error.FrameSize);
        }
        else
        {
            session.Fail(Http2Error.FrameSize, "PRIORITY of a wrong size");
        }
    }

    /// <summary>RFC 9218 §7.1.</summary>
    private void OnPriorityUpdate(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Stream != 0 || payload.Length < 4)
        {
            FailShape(header, "PRIORITY_UPDATE of a wrong size, or on a stream");
            return;
        }

        if (!CountIdle())
        {
            return;
        }

        int about = BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
        if (session.Streams.TryGetValue(about, out Http2Stream? stream))
        {
            var priority = Messages.Priority.Parse(payload[4..]);
            stream.Urgency = priority.Urgency;
            stream.IsIncremental = priority.Incremental;
        }
    }

    public void FailShape(FrameHeader header, string reason) =>
        session.Fail(header.Stream != 0 ? Http2Error.Protocol : Http2Error.FrameSize, reason);

    /// <summary>We ended the stream, or never took it, and the peer may not have known when it sent this.</summary>
    private bool IsOnItsWay(int id) => id > _lastAllowed || _resets.Contains(id);

    /// <summary>RST_STREAM for a stream that is not ours to keep, by a fault of the peer.</summary>
    private void Refuse(int id, Http2Error error)
    {
        sender.Output.Number(FrameType.RstStream, id, (uint)error);
        OnOurReset(id);
        CountReset();
    }

    /// <summary>RST_STREAM was written for the stream.</summary>
    public void OnOurReset(int id) => _resets.Add(id);

    private bool IsIdle(int id) =>
        id != 0 && ((id & 1) == 0 || id > (session.IsClient ? session.LastOpened : LastStream));

    public void CreditConnection(int count)
    {
        _credit += count;
        if (_credit >= limits.ConnectionWindow / 2)
        {
            sender.Output.Number(FrameType.WindowUpdate, 0, (uint)_credit);
            _receiveWindow += _credit;
            _credit = 0;
        }
    }

    /// <summary>Counts a frame that costs the peer nothing; false when there were too many, and the connection has
    /// ended.</summary>
    public bool CountIdle()
    {
        if (_floods.IdleFrame(limits, session.Now, sender.PayloadFrames))
        {
            return true;
        }

        session.Fail(Http2Error.EnhanceYourCalm, "too many frames without use");
        return false;
    }

    private bool CountReset()
    {
        if (_floods.Reset(limits, session.Now))
        {
            return true;
        }

        session.Fail(Http2Error.EnhanceYourCalm, "too many streams reset");
        return false;
    }

    private void ResetByFault(Http2Stream stream, Http2Error error)
    {
        session.Reset(stream, error);
        stream.Handler.OnReset(error, unprocessed: false);
        CountReset();
    }
}
