using Proxy.Edge.Http;
using Proxy.Edge.Http2.Hpack;

namespace Proxy.Edge.Http2.Messages;

/// <summary>Builds the HTTP/1.1 text of a response from its fields (RFC 9113 §8.3.2). One per loop, used for one
/// block at a time.</summary>
internal sealed class ResponseText : IFieldSink
{
    private HeadText _text;
    private FieldBudget _budget;
    private bool _lengthSeen;
    private HeadVerdict _verdict;

    public ResponseText(int capacity)
    {
        Buffer = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);
        _text = new HeadText(Buffer);
    }

    public byte[] Buffer { get; }

    public int Length => _text.Length;

    public int Status { get; private set; }

    public void Begin(int maxSize, int maxFields)
    {
        _text.Clear();
        Status = 0;
        _budget = new FieldBudget(maxSize, maxFields);
        _lengthSeen = false;
        _verdict = HeadVerdict.Ok;
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
        }
        else if (!(Status == 0 ? ReadStatus(name, value) : Regular(name, value)))
        {
            _verdict = HeadVerdict.Malformed;
        }
    }

    /// <param name="endStream">The response has no body.</param>
    public HeadVerdict End(bool endStream)
    {
        if (_verdict != HeadVerdict.Ok)
        {
            return _verdict;
        }

        if (Status == 0)
        {
            return HeadVerdict.Malformed;
        }

        if (!_lengthSeen && Status >= 200 && Status is not (204 or 304))
        {
            _text.Add(endStream ? "content-length: 0\r\n"u8 : "transfer-encoding: chunked\r\n"u8);
        }

        _text.Add("\r\n"u8);
        return _text.Overflowed ? HeadVerdict.TooLarge : HeadVerdict.Ok;
    }

    private bool ReadStatus(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!name.SequenceEqual(":status"u8) || value.Length != 3
            || value[0] is < (byte)'1' or > (byte)'5'
            || value[1] is < (byte)'0' or > (byte)'9' || value[2] is < (byte)'0' or > (byte)'9')
        {
            return false;
        }

        Status = ((value[0] - '0') * 100) + ((value[1] - '0') * 10) + value[2] - '0';
        _text.Add("HTTP/1.1 "u8);
        _text.Add(value);
        _text.Add(" \r\n"u8);
        // Switching protocols is not part of HTTP/2 (RFC 9113 §8.6).
        return Status != 101;
    }

    private bool Regular(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        HeaderId id = HeaderNames.Recognise(name);
        if (!FieldRules.IsName(name) || !FieldRules.IsValue(value) || FieldRules.BelongsToConnection(id, value))
        {
            return false;
        }

        _lengthSeen |= id == HeaderId.ContentLength;
        _text.Line(name, value);
        return true;
    }
}
