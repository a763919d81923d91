using Proxy.Edge.Http;

namespace Proxy.Edge.Http1;

/// <summary>Decodes a chunked body in place, resumable at any byte (RFC 9112 §7.1). A pure machine; keep one per body
/// and never copy it while the body is under way.
/// <code>
/// chunked-body = *( chunk-size [ chunk-ext ] CRLF chunk-data CRLF ) 1*"0" [ chunk-ext ] CRLF trailer-section CRLF
/// chunk-size   = 1*16HEXDIG, at most 2^62
/// chunk-ext    = *( ";" token [ "=" ( token / quoted-string ) ] )      no white space: RFC 9112's BWS is refused
/// </code>
/// Sizes are passed on with the digits they came with, so usually no byte moves.</summary>
public struct ChunkedDecoder
{
    private const int MaxSizeDigits = 16;
    private const ulong MaxChunk = 1UL << 62;

    private State _state;
    private HeadFault _fault;
    private int _sizeDigits;
    private int _extensionBytes;
    private ulong _remaining;
    private TrailerSection _trailers;

    private enum State : byte
    {
        Size,
        ExtensionName,
        ExtensionNameRest,
        ExtensionValue,
        ExtensionToken,
        ExtensionQuoted,
        ExtensionEscape,
        ExtensionAfterQuoted,
        SizeLineFeed,
        Data,
        DataCarriageReturn,
        DataLineFeed,
        Trailers,
        FinalLineFeed,
        Done,
        Failed,
    }

    /// <summary>Output that found no room in the data of the step that ended the body: surviving trailer lines and the
    /// final CRLF. To be sent right after that step's produced bytes. Empty unless there were trailers: in KeepFraming
    /// when they arrived in several steps; in PayloadAndTrailers always, the lines alone.</summary>
    public readonly ReadOnlySpan<byte> Tail => _trailers.Tail;

    /// <summary>Takes the next bytes of the body and compacts the output to the front of <paramref name="data"/>. All
    /// steps of a body must use the same mode.</summary>
    public ChunkedStep Step(Span<byte> data, ChunkedOutput mode, Http1Limits limits)
    {
        int read = 0;
        int written = 0;
        bool keep = mode == ChunkedOutput.KeepFraming;
        while (read < data.Length && _state < State.Done)
        {
            if (_state == State.Data)
            {
                TakeData(data, ref read, ref written);
            }
            else if (_state == State.Trailers)
            {
                TakeTrailers(data, ref read, ref written, mode, limits);
            }
            else
            {
                byte value = data[read];
                bool emit = TakeFraming(value, limits);
                if (_state == State.Failed)
                {
                    break;
                }

                read++;
                if (emit && keep)
                {
                    data[written++] = value;
                }
            }
        }

        return new ChunkedStep(read, written, _state == State.Done, _fault);
    }

    private void TakeData(Span<byte> data, ref int read, ref int written)
    {
        int length = (int)Math.Min(_remaining, (ulong)(data.Length - read));
        if (written != read)
        {
            data.Slice(read, length).CopyTo(data[written..]);
        }

        read += length;
        written += length;
        _remaining -= (ulong)length;
        if (_remaining == 0)
        {
            _state = State.DataCarriageReturn;
        }
    }

    private void TakeTrailers(
        Span<byte> data, ref int read, ref int written, ChunkedOutput mode, Http1Limits limits)
    {
        bool keep = mode == ChunkedOutput.KeepFraming;
        if (data[read] == '\r' && _trailers.IsEmptyAtLineStart)
        {
            // The usual end, written through at once so that it needs no tail however it is split.
            _state = State.FinalLineFeed;
            read++;
            if (keep)
            {
                data[written++] = (byte)'\r';
            }

            return;
        }

        HeadFault fault = _trailers.Take(
            data[read..], mode != ChunkedOutput.StripFraming, limits, out int used, out bool done);
        read += used;
        if (fault != HeadFault.None)
        {
            Fail(fault);
        }
        else if (done)
        {
            _state = State.Done;
            if (keep)
            {
                written += _trailers.Flush(data[written..read]);
            }
            else
            {
                _trailers.Detach();
            }
        }
    }

    // Every byte but data and trailers. True when the byte stays in a kept framing.
    private bool TakeFraming(byte value, Http1Limits limits)
    {
        switch (_state)
        {
            case State.Size:
                return TakeSize(value);
            case State.SizeLineFeed:
                return value == '\n' ? EndSizeLine() : Fail(HeadFault.BadChunkSize);
            case State.DataCarriageReturn:
                return value == '\r' ? Go(State.DataLineFeed) : Fail(HeadFault.BadChunkEnd);
            case State.DataLineFeed:
                return value == '\n' ? Go(State.Size) : Fail(HeadFault.BadChunkEnd);
            case State.FinalLineFeed:
                return value == '\n' ? Go(State.Done) : Fail(HeadFault.BareCr);
            default:
                return TakeExtension(value, limits);
        }
    }

    private bool TakeSize(byte value)
    {
        int digit = HexDigits.Value(value);
        if (digit >= 0)
        {
            // Sixteen digits cannot overflow 64 bits.
            _remaining = (_remaining << 4) | (uint)digit;
            return ++_sizeDigits <= MaxSizeDigits && _remaining <= MaxChunk || Fail(HeadFault.BadChunkSize);
        }

        if (_sizeDigits == 0)
        {
            return Fail(HeadFault.BadChunkSize);
        }

        if (value == ';')
        {
            _extensionBytes = 1;
            Go(State.ExtensionName);
            return false;
        }

        return value == '\r' ? Go(State.SizeLineFeed) : Fail(HeadFault.BadChunkSize);
    }

    private bool EndSizeLine()
    {
        _sizeDigits = 0;
        return Go(_remaining == 0 ? State.Trailers : State.Data);
    }

    // Checked although removed: a reader that splits them differently would see another chunk.
    private bool TakeExtension(byte value, Http1Limits limits)
    {
        State next = NextExtensionState(_state, value);
        if (next == State.Failed)
        {
            return Fail(HeadFault.BadChunkExtension);
        }

        if (next == State.SizeLineFeed)
        {
            return Go(next);
        }

        if (++_extensionBytes > limits.ChunkExtensionBytes)
        {
            return Fail(HeadFault.ChunkExtensionTooLong);
        }

        Go(next);
        return false;
    }

    private static State NextExtensionState(State state, byte value)
    {
        switch (state)
        {
            case State.ExtensionName:
                return HttpToken.IsTokenByte(value) ? State.ExtensionNameRest : State.Failed;
            case State.ExtensionNameRest:
                return HttpToken.IsTokenByte(value) ? State.ExtensionNameRest
                    : value == '=' ? State.ExtensionValue
                    : AfterExtension(value);
            case State.ExtensionValue:
                return value == '"' ? State.ExtensionQuoted
                    : HttpToken.IsTokenByte(value) ? State.ExtensionToken : State.Failed;
            case State.ExtensionToken:
                return HttpToken.IsTokenByte(value) ? State.ExtensionToken : AfterExtension(value);
            case State.ExtensionQuoted:
                return value == '"' ? State.ExtensionAfterQuoted
                    : value == '\\' ? State.ExtensionEscape
                    : IsText(value) ? State.ExtensionQuoted : State.Failed;
            case State.ExtensionEscape:
                return IsText(value) ? State.ExtensionQuoted : State.Failed;
            default:
                return AfterExtension(value);
        }
    }

    private static State AfterExtension(byte value) =>
        value == ';' ? State.ExtensionName : value == '\r' ? State.SizeLineFeed : State.Failed;

    private static bool IsText(byte value) => value is (byte)'\t' or (>= 0x20 and not 0x7F);

    private bool Go(State next)
    {
        _state = next;
        return true;
    }

    private bool Fail(HeadFault fault)
    {
        _state = State.Failed;
        _fault = fault;
        return false;
    }
}
