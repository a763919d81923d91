using Proxy.Edge.Http2;

namespace Proxy.Tests.Edge.Http2;

/// <summary>The life of streams as RFC 9113 §5.1 draws it, seen by a server, and nothing else: what a frame or a call
/// does in each state. Written from the text, without a look at the session.</summary>
internal sealed class StreamStateModel(int maxStreams)
{
    /// <summary>What came of an input.</summary>
    internal enum Outcome
    {
        /// <summary>Nothing that anybody sees: counted, or discarded as it was on its way (§5.1, closed).</summary>
        Nothing,

        /// <summary>A request has begun.</summary>
        Opened,
        Payload,
        Trailers,

        /// <summary>The peer gave the stream up; its handler is told.</summary>
        GivenUp,

        /// <summary>RST_STREAM with the code; a stream that was open is closed by it.</summary>
        StreamError,

        /// <summary>GOAWAY with the code.</summary>
        ConnectionError,
    }

    private enum State
    {
        Idle,
        Open,
        PeerDone,
        WeDone,

        /// <summary>Both directions ended, or the peer reset it, or its number was skipped (§5.1.1).</summary>
        Closed,

        /// <summary>We reset it, or never took it: the peer may not know yet, so anything may come.</summary>
        ClosedByUs,
    }

    private readonly Dictionary<int, State> _streams = [];
    private int _last;
    private int _lastServed = int.MaxValue;
    private (int Stream, bool End)? _block;
    private bool _isLeaving;

    public bool IsDead { get; private set; }

    public int OpenStreams => _streams.Values.Count(static one => one is State.Open or State.PeerDone or State.WeDone);

    /// <summary>Tells states apart that behave differently.</summary>
    public string Signature =>
        $"{string.Join(',', _streams.OrderBy(static one => one.Key))} {_last} {_lastServed} {_block} {IsDead}";

    public (Outcome What, Http2Error Error) Handle(StreamInput input, int id)
    {
        if (IsDead)
        {
            return default;
        }

        // Leaving takes a PING of the peer.
        if (_block is { } block && (input < StreamInput.Answer || (input == StreamInput.Leave && !_isLeaving)))
        {
            return input == StreamInput.Continuation && id == block.Stream
                ? EndBlock(block)
                : Die(Http2Error.Protocol);
        }

        return input switch
        {
            StreamInput.Request => Headers(id, isRequest: true, end: false),
            StreamInput.WholeRequest => Headers(id, isRequest: true, end: true),
            StreamInput.Trailers => Headers(id, isRequest: false, end: true),
            StreamInput.FieldsWithoutEnd => Headers(id, isRequest: false, end: false),
            StreamInput.BeginBlock => BeginBlock(id),
            StreamInput.Continuation or StreamInput.PushPromise => Die(Http2Error.Protocol),
            StreamInput.Data => Data(id, end: false),
            StreamInput.LastData => Data(id, end: true),
            StreamInput.Reset => Reset(id),
            StreamInput.WindowUpdate => IsIdle(id) ? Die(Http2Error.Protocol) : default,
            StreamInput.WindowUpdateByZero => WindowUpdateByZero(id),
            StreamInput.Priority => id == 0 ? Die(Http2Error.Protocol) : default,
            StreamInput.Answer => default,
            StreamInput.WholeAnswer => WholeAnswer(id),
            StreamInput.Cancel => Cancel(id),
            _ => Leave(),
        };
    }

    private (Outcome What, Http2Error Error) Headers(int id, bool isRequest, bool end)
    {
        if ((id & 1) == 0)
        {
            return Die(Http2Error.Protocol);
        }

        switch (StateOf(id))
        {
            case State.Idle:
                return Begin(id, isRequest, end);
            case State.Open or State.WeDone when isRequest || !end:
                // §8.1: only trailers may follow, and they end the stream.
                return Fault(id, Http2Error.Protocol);
            case State.Open or State.WeDone:
                PeerEnds(id);
                return (Outcome.Trailers, default);
            case State.PeerDone:
                return Fault(id, Http2Error.StreamClosed);
            case State.Closed:
                return Die(Http2Error.StreamClosed);
            default:
                return default;
        }
    }

    private (Outcome What, Http2Error Error) Begin(int id, bool isRequest, bool end)
    {
        for (int skipped = _last + (_last == 0 ? 1 : 2); skipped < id; skipped += 2)
        {
            _streams[skipped] = skipped > _lastServed ? State.ClosedByUs : State.Closed;
        }

        _last = id;
        if (id > _lastServed)
        {
            _streams[id] = State.ClosedByUs;
            return default;
        }

        if (OpenStreams >= maxStreams)
        {
            return Fault(id, Http2Error.RefusedStream);
        }

        if (!isRequest)
        {
            return Fault(id, Http2Error.Protocol);
        }

        _streams[id] = end ? State.PeerDone : State.Open;
        return (Outcome.Opened, default);
    }

    private (Outcome What, Http2Error Error) BeginBlock(int id)
    {
        if ((id & 1) == 0)
        {
            return Die(Http2Error.Protocol);
        }

        _block = (id, false);
        return default;
    }

    private (Outcome What, Http2Error Error) EndBlock((int Stream, bool End) block)
    {
        _block = null;
        return Headers(block.Stream, isRequest: true, block.End);
    }

    private (Outcome What, Http2Error Error) Data(int id, bool end)
    {
        switch (id == 0 ? State.Idle : StateOf(id))
        {
            case State.Idle:
                return Die(Http2Error.Protocol);
            case State.Open or State.WeDone:
                if (end)
                {
                    PeerEnds(id);
                }

                return (Outcome.Payload, default);
            case State.ClosedByUs:
                return default;
            default:
                return Fault(id, Http2Error.StreamClosed);
        }
    }

    private (Outcome What, Http2Error Error) Reset(int id)
    {
        if (id == 0 || IsIdle(id))
        {
            return Die(Http2Error.Protocol);
        }

        if (!IsOpen(id))
        {
            return default;
        }

        _streams[id] = State.Closed;
        return (Outcome.GivenUp, default);
    }

    private (Outcome What, Http2Error Error) WindowUpdateByZero(int id) =>
        id == 0 || IsIdle(id) ? Die(Http2Error.Protocol)
        : IsOpen(id) ? Fault(id, Http2Error.Protocol)
        : default;

    private (Outcome What, Http2Error Error) WholeAnswer(int id)
    {
        switch (StateOf(id))
        {
            case State.Open:
                _streams[id] = State.WeDone;
                break;
            case State.PeerDone:
                _streams[id] = State.Closed;
                break;
            default:
                break;
        }

        return default;
    }

    private (Outcome What, Http2Error Error) Cancel(int id) =>
        IsOpen(id) ? Fault(id, Http2Error.Cancel) : default;

    /// <summary>Both steps of §6.8: nothing above what has arrived is served any more.</summary>
    private (Outcome What, Http2Error Error) Leave()
    {
        _lastServed = _isLeaving ? _lastServed : _last;
        _isLeaving = true;
        return default;
    }

    private (Outcome What, Http2Error Error) Fault(int id, Http2Error error)
    {
        _streams[id] = State.ClosedByUs;
        return (Outcome.StreamError, error);
    }

    private (Outcome What, Http2Error Error) Die(Http2Error error)
    {
        IsDead = true;
        _streams.Clear();
        return (Outcome.ConnectionError, error);
    }

    private void PeerEnds(int id) => _streams[id] = _streams[id] == State.WeDone ? State.Closed : State.PeerDone;

    private bool IsOpen(int id) => StateOf(id) is State.Open or State.PeerDone or State.WeDone;

    private bool IsIdle(int id) => id != 0 && StateOf(id) == State.Idle;

    private State StateOf(int id) => _streams.GetValueOrDefault(id, State.Idle);
}

/// <summary>Frames of the peer about a stream, then what the server itself does.</summary>
internal enum StreamInput
{
    /// <summary>A request's head, more follows.</summary>
    Request,
    WholeRequest,

    /// <summary>Fields without pseudo-fields, with END_STREAM.</summary>
    Trailers,
    FieldsWithoutEnd,

    /// <summary>A request's head without END_HEADERS, and what makes it whole.</summary>
    BeginBlock,
    Continuation,
    PushPromise,
    Data,
    LastData,
    Reset,
    WindowUpdate,
    WindowUpdateByZero,
    Priority,

    /// <summary>A head of ours, more follows.</summary>
    Answer,
    WholeAnswer,
    Cancel,

    /// <summary>The connection is drained, and the peer knows.</summary>
    Leave,
}
