using Proxy.Edge.Http;
using Proxy.Edge.Http2.Hpack;

namespace Proxy.Edge.Http2.Messages;

/// <summary>Builds trailer lines from the fields behind a body (RFC 9113 §8.1). Pseudo-fields and fields about framing
/// or routing do not belong there (RFC 9110 §6.5.1). One per loop, used for one block at a time.</summary>
internal sealed class TrailerText(int capacity) : IFieldSink
{
    private const ulong Forbidden =
        (1UL << (int)HeaderId.ContentLength) | (1UL << (int)HeaderId.Host) | (1UL << (int)HeaderId.Trailer);

    private HeadText _text;
    private FieldBudget _budget;
    private HeadVerdict _verdict;

    public byte[] Buffer { get; } = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);

    public int Length => _text.Length;

    public void Begin(int maxSize)
    {
        _text = new HeadText(Buffer);
        _budget = new FieldBudget(maxSize, int.MaxValue);
        _verdict = HeadVerdict.Ok;
    }

    public void OnField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (_verdict != HeadVerdict.Ok)
        {
            return;
        }

        HeaderId id = HeaderNames.Recognise(name);
        if (!_budget.Takes(name, value) || _text.Overflowed)
        {
            _verdict = HeadVerdict.TooLarge;
        }
        else if (!FieldRules.IsName(name) || !FieldRules.IsValue(value) || FieldRules.BelongsToConnection(id, value)
            || ((1UL << (int)id) & Forbidden) != 0)
        {
            _verdict = HeadVerdict.Malformed;
        }
        else
        {
            _text.Line(name, value);
        }
    }

    public HeadVerdict End() => _text.Overflowed ? HeadVerdict.TooLarge : _verdict;
}
