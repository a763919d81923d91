namespace Proxy.Edge.Http1;

/// <summary>Finds the payload in a chunked body of the proxy's own making, or one that a decoder has passed: sizes
/// without extensions, then data, CRLF, at the end trailer lines (RFC 9112 §7.1). Resumable at any byte; unlike the
/// decoder it leaves the buffer as it is, which may have to be sent again. A value inside its stream.</summary>
internal struct ChunkPayload
{
    private long _remaining;
    private State _state;
    private int _trailerCount;
    private byte[]? _trailers;

    private enum State : byte
    {
        Size,
        SizeEnd,
        Data,
        DataReturn,
        DataEnd,
        Trailers,
        Done,
    }

    /// <summary>The body is complete, trailers included.</summary>
    public readonly bool IsDone => _state == State.Done;

    /// <summary>Trailer lines, each with its CRLF, once the body is complete.</summary>
    public readonly ReadOnlySpan<byte> Trailers => _trailers.AsSpan(0, Math.Max(0, _trailerCount - 2));

    /// <summary>The next run of payload from <paramref name="at"/> on, which moves behind it; empty when the input is
    /// used up.</summary>
    public ReadOnlySpan<byte> Next(ReadOnlySpan<byte> input, ref int at)
    {
        while (at < input.Length && _state != State.Done)
        {
            switch (_state)
            {
                case State.Data:
                    int take = (int)Math.Min(_remaining, input.Length - at);
                    _remaining -= take;
                    _state = _remaining == 0 ? State.DataReturn : State.Data;
                    at += take;
                    return input.Slice(at - take, take);
                case State.Trailers:
                    TakeTrailer(input[at++]);
                    break;
                default:
                    TakeFraming(input[at++]);
                    break;
            }
        }

        return default;
    }

    private void TakeFraming(byte value)
    {
        switch (_state)
        {
            case State.Size when value == '\r':
                _state = State.SizeEnd;
                break;
            case State.Size:
                _remaining = (_remaining << 4) | (uint)HexDigits.Value(value);
                break;
            case State.SizeEnd:
                _state = _remaining == 0 ? State.Trailers : State.Data;
                break;
            case State.DataReturn:
                _state = State.DataEnd;
                break;
            default:
                _state = State.Size;
                break;
        }
    }

    /// <summary>The section ends with an empty line.</summary>
    private void TakeTrailer(byte value)
    {
        if (_trailers is null && value == '\r')
        {
            // The usual case: none. Two bytes to come, the first of which this is.
            _trailers = [];
            return;
        }

        if (_trailers is { Length: 0 })
        {
            _state = State.Done;
            return;
        }

        _trailers ??= new byte[256];
        if (_trailerCount == _trailers.Length)
        {
            Array.Resize(ref _trailers, _trailers.Length * 2);
        }

        _trailers[_trailerCount++] = value;
        if (value == '\n' && _trailers.AsSpan(0, _trailerCount).EndsWith("\r\n\r\n"u8))
        {
            _state = State.Done;
        }
    }
}
