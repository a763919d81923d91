using System.Buffers.Text;
using System.Security.Cryptography;
using Proxy.Edge.Http;
using Proxy.Edge.Http2.Hpack;

namespace Proxy.Edge.Http2.Messages;

/// <summary>Builds the HTTP/1.1 text of a request from its fields (RFC 9113 §8.3.1). Whatever could be read differently
/// as text is malformed here. One per loop, used for one block at a time.</summary>
internal sealed class RequestText : IFieldSink
{
    private const int PseudoBytes = 40 * 1024;

    private readonly byte[] _pseudo = new byte[PseudoBytes];
    private readonly byte[] _cookies;
    private HeadText _text;
    private Range _method;
    private Range _path;
    private Range _authority;
    private int _pseudoLength;
    private int _cookieLength;
    private FieldBudget _budget;
    private bool _schemeSeen;
    private bool _protocolSeen;
    private bool _isWebSocket;
    private bool _hostSeen;
    private bool _lengthSeen;
    private bool _begun;
    private HeadVerdict _verdict;

    public RequestText(int capacity)
    {
        Buffer = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);
        _cookies = new byte[capacity];
        _text = new HeadText(Buffer);
    }

    public byte[] Buffer { get; }

    public int Length => _text.Length;

    /// <summary>Value of the priority field, or nothing (RFC 9218 §5); valid until the next block.</summary>
    public Priority Priority { get; private set; }

    public void Begin(int maxSize, int maxFields)
    {
        _text.Clear();
        _method = _path = _authority = default;
        _pseudoLength = _cookieLength = 0;
        _budget = new FieldBudget(maxSize, maxFields);
        _schemeSeen = _protocolSeen = _isWebSocket = _hostSeen = _lengthSeen = _begun = false;
        _verdict = HeadVerdict.Ok;
        Priority = Priority.Default;
    }

    public void OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (_verdict != HeadVerdict.Ok)
        {
            return;
        }

        if (!_budget.Takes(name, value))
        {
            _verdict = HeadVerdict.TooLarge;
            return;
        }

        bool good = name.Length > 0 && name[0] == ':' ? Pseudo(name, value) : Regular(name, value);
        if (!good)
        {
            _verdict = HeadVerdict.Malformed;
        }
    }

    /// <param name="endStream">The request has no body.</param>
    public HeadVerdict End(bool endStream)
    {
        if (_verdict == HeadVerdict.Ok && !_begun && !BeginText())
        {
            _verdict = HeadVerdict.Malformed;
        }

        if (_verdict != HeadVerdict.Ok)
        {
            return _verdict;
        }

        if (_cookieLength > 0)
        {
            _text.Line("cookie"u8, _cookies.AsSpan(0, _cookieLength));
        }

        if (!endStream && !_lengthSeen && !_isWebSocket)
        {
            _text.Add("transfer-encoding: chunked\r\n"u8);
        }

        _text.Add("\r\n"u8);
        return _text.Overflowed ? HeadVerdict.TooLarge : HeadVerdict.Ok;
    }

    private bool Pseudo(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (_begun || !FieldRules.IsValue(value) || value.IsEmpty)
        {
            return false;
        }

        if (name.SequenceEqual(":method"u8))
        {
            return Keep(ref _method, value);
        }

        if (name.SequenceEqual(":path"u8))
        {
            return !value.Contains((byte)' ') && Keep(ref _path, value);
        }

        if (name.SequenceEqual(":authority"u8))
        {
            return Keep(ref _authority, value);
        }

        if (name.SequenceEqual(":scheme"u8))
        {
            bool first = !_schemeSeen;
            _schemeSeen = true;
            return first && (value.SequenceEqual("https"u8) || value.SequenceEqual("http"u8));
        }

        if (name.SequenceEqual(":protocol"u8))
        {
            bool first = !_protocolSeen;
            _protocolSeen = true;
            _isWebSocket = value.SequenceEqual("websocket"u8);
            return first && _isWebSocket;
        }

        return false;
    }

    private bool Regular(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if ((!_begun && !BeginText()) || !FieldRules.IsName(name) || !FieldRules.IsValue(value))
        {
            return false;
        }

        HeaderId id = HeaderNames.Recognise(name);
        switch (id)
        {
            case HeaderId.Other:
                if (name.SequenceEqual("priority"u8))
                {
                    Priority = Priority.Parse(value);
                }

                break;
            case HeaderId.Cookie:
                return Cookie(value);
            case HeaderId.Host:
                // With :authority it must say the same and is not needed; without, it is the host (§8.3.1).
                bool again = _hostSeen;
                _hostSeen = true;
                bool named = _authority.End.Value > 0;
                if (again || (named && !System.Text.Ascii.EqualsIgnoreCase(_pseudo.AsSpan(_authority), value)))
                {
                    return false;
                }

                if (named)
                {
                    return true;
                }

                break;
            case HeaderId.ContentLength:
                _lengthSeen = true;
                break;
            case HeaderId.SecWebSocketKey when _isWebSocket:
                return true;
            default:
                if (FieldRules.BelongsToConnection(id, value))
                {
                    return false;
                }

                break;
        }

        _text.Line(name, value);
        return true;
    }

    /// <summary>The start line and Host, from the pseudo-fields, which must all be there by now.</summary>
    private bool BeginText()
    {
        _begun = true;
        ReadOnlySpan<byte> method = _pseudo.AsSpan(_method);
        ReadOnlySpan<byte> path = _pseudo.AsSpan(_path);
        if (method.IsEmpty || path.IsEmpty || !_schemeSeen || !HttpToken.IsToken(method))
        {
            // CONNECT has neither path nor scheme, but an origin's port is not for clients to choose.
            return false;
        }

        bool connect = method.SequenceEqual("CONNECT"u8);
        bool asterisk = path.SequenceEqual("*"u8) && method.SequenceEqual("OPTIONS"u8);
        if (connect != _protocolSeen || (path[0] != '/' && !asterisk))
        {
            return false;
        }

        _text.Add(_isWebSocket ? "GET"u8 : method);
        _text.Add(" "u8);
        _text.Add(path);
        _text.Add(" HTTP/1.1\r\n"u8);
        if (_authority.End.Value > 0)
        {
            _text.Line("host"u8, _pseudo.AsSpan(_authority));
        }

        if (_isWebSocket)
        {
            AddUpgrade();
        }

        return true;
    }

    /// <summary>The handshake that HTTP/1.1 needs and HTTP/2 does not (RFC 8441 §5.1).</summary>
    private void AddUpgrade()
    {
        Span<byte> key = stackalloc byte[16];
        RandomNumberGenerator.Fill(key);
        Span<byte> text = stackalloc byte[24];
        Base64.EncodeToUtf8(key, text, out _, out _);
        _text.Add("connection: Upgrade\r\nupgrade: websocket\r\n"u8);
        _text.Line("sec-websocket-key"u8, text);
    }

    private bool Keep(ref Range range, ReadOnlySpan<byte> value)
    {
        if (range.End.Value > 0 || value.Length > PseudoBytes - _pseudoLength)
        {
            return false;
        }

        value.CopyTo(_pseudo.AsSpan(_pseudoLength));
        range = _pseudoLength..(_pseudoLength + value.Length);
        _pseudoLength += value.Length;
        return true;
    }

    /// <summary>Clients send cookies one by one, because they are remembered one by one; as text they are one field
    /// (§8.2.3).</summary>
    private bool Cookie(ReadOnlySpan<byte> value)
    {
        int separator = _cookieLength == 0 ? 0 : 2;
        if (_cookieLength + separator + value.Length > _cookies.Length)
        {
            return false;
        }

        if (separator > 0)
        {
            "; "u8.CopyTo(_cookies.AsSpan(_cookieLength));
        }

        value.CopyTo(_cookies.AsSpan(_cookieLength + separator));
        _cookieLength += separator + value.Length;
        return true;
    }
}
