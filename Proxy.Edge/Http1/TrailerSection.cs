using Proxy.Edge.Http;

namespace Proxy.Edge.Http1;

/// <summary>The trailer section of a chunked body, judged line by line (RFC 9112 §7.1.2). Lines are collected here,
/// because only a whole line can be judged and a line may arrive in any number of pieces.</summary>
internal struct TrailerSection
{
    private static readonly string[] ForbiddenPrefixes =
        ["content-", "if-", "proxy-", "x-forwarded-", "sec-", "access-control-"];

    private static readonly string[] ForbiddenNames =
    [
        "accept", "accept-charset", "accept-language", "age", "allow", "expires", "early-data", "front-end-https",
        "from", "pragma", "proxy", "vary", "warning", "www-authenticate", "x-http-method-override",
    ];

    // Surviving lines, and behind them the line under way. Null until the first byte of a trailer: almost no body has
    // one, so the allocation is off the usual path.
    private byte[]? _bytes;
    private int _kept;
    private int _length;
    private int _taken;
    private bool _carriageReturn;
    private bool _flushed;

    /// <summary>What <see cref="Flush"/> found no room for.</summary>
    public readonly ReadOnlySpan<byte> Tail => _flushed ? _bytes.AsSpan(0, _kept) : default;

    /// <summary>Nothing was kept and no line is under way: a CR now starts the end of the section.</summary>
    public readonly bool IsEmptyAtLineStart => _length == 0 && !_carriageReturn;

    /// <summary>Takes the rest of a line, the empty one that ends the section included.</summary>
    public HeadFault Take(ReadOnlySpan<byte> data, bool keep, Http1Limits limits, out int used, out bool done)
    {
        done = false;
        bool lineEnded = false;
        for (used = 0; used < data.Length && !lineEnded; used++)
        {
            byte value = data[used];
            HeadFault fault = HeadFault.None;
            if (++_taken > limits.TrailerBytes)
            {
                fault = HeadFault.TrailerTooLarge;
            }
            else if (_carriageReturn)
            {
                lineEnded = true;
                fault = value == '\n' ? EndLine(keep, out done) : HeadFault.BareCr;
            }
            else if (value == '\r')
            {
                _carriageReturn = true;
            }
            else
            {
                fault = value == '\n' ? HeadFault.BareLf
                    : value == 0x7F || (value < ' ' && value != '\t') ? HeadFault.ControlCharacter
                    : Add(value, limits);
            }

            if (fault != HeadFault.None)
            {
                return fault;
            }
        }

        return HeadFault.None;
    }

    /// <summary>Writes the surviving lines and the final CRLF when they fit; otherwise they become the tail. Returns
    /// the bytes written. Called once, and only when lines survived.</summary>
    public int Flush(Span<byte> room)
    {
        _bytes![_kept++] = (byte)'\r'; // Not null: lines survived.
        _bytes[_kept++] = (byte)'\n';
        if (room.Length < _kept)
        {
            _flushed = true;
            return 0;
        }

        _bytes.AsSpan(0, _kept).CopyTo(room);
        return _kept;
    }

    /// <summary>Makes the surviving lines the tail, without a final CRLF.</summary>
    public void Detach() => _flushed = _kept > 0;

    private HeadFault Add(byte value, Http1Limits limits)
    {
        // Room for the CRLF of this line and for the final one stays free behind every byte.
        _bytes ??= new byte[Math.Min(limits.TrailerBytes, 256) + 4];
        if (_length + 5 > _bytes.Length)
        {
            Array.Resize(ref _bytes, _bytes.Length * 2);
        }

        _bytes[_length++] = value;
        return HeadFault.None;
    }

    private HeadFault EndLine(bool keep, out bool done)
    {
        _carriageReturn = false;
        ReadOnlySpan<byte> line = _bytes.AsSpan(_kept, _length - _kept);
        done = line.IsEmpty;
        if (done)
        {
            return HeadFault.None;
        }

        int colon = line.IndexOf((byte)':');
        if (colon < 0 || !HttpToken.IsToken(line[..colon]))
        {
            return line[0] is (byte)' ' or (byte)'\t' ? HeadFault.ObsFold : HeadFault.BadTrailer;
        }

        if (keep && IsAllowed(line[..colon]))
        {
            _bytes![_length++] = (byte)'\r'; // Not null: the line has bytes.
            _bytes[_length++] = (byte)'\n';
            _kept = _length;
        }

        _length = _kept;
        return HeadFault.None;
    }

    // RFC 9110 §6.5.1: no field that frames, routes, authenticates, modifies the request, controls the response or says
    // how to read the content. Every field the proxy knows by number is one of these, or would let a client set behind
    // our back what we have set in the head.
    private static bool IsAllowed(ReadOnlySpan<byte> name)
    {
        if (HeaderNames.Recognise(name) != HeaderId.Other)
        {
            return false;
        }

        foreach (string prefix in ForbiddenPrefixes)
        {
            if (name.Length >= prefix.Length
                && System.Text.Ascii.EqualsIgnoreCase(name[..prefix.Length], prefix))
            {
                return false;
            }
        }

        foreach (string forbidden in ForbiddenNames)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(name, forbidden))
            {
                return false;
            }
        }

        return true;
    }
}
