using System.Text;

namespace Proxy.Edge.Rewriting;

/// <summary>Appends to a span; what does not fit sets <see cref="Overflowed"/> and is dropped, so that callers ask
/// once at the end.</summary>
internal ref struct ByteWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    public int Length { get; private set; }

    public bool Overflowed { get; private set; }

    /// <summary>Bytes written, or -1 when they did not fit.</summary>
    public readonly int Result => Overflowed ? -1 : Length;

    public readonly Span<byte> Written => _destination[..Length];

    public void Add(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.TryCopyTo(_destination[Length..]))
        {
            Length += bytes.Length;
        }
        else
        {
            Overflowed = true;
        }
    }

    public void Add(byte value)
    {
        if (Length < _destination.Length)
        {
            _destination[Length++] = value;
        }
        else
        {
            Overflowed = true;
        }
    }

    public void Add(int value)
    {
        if (value.TryFormat(_destination[Length..], out int written))
        {
            Length += written;
        }
        else
        {
            Overflowed = true;
        }
    }

    public void Add(string text)
    {
        if (Encoding.UTF8.TryGetBytes(text, _destination[Length..], out int written))
        {
            Length += written;
        }
        else
        {
            Overflowed = true;
        }
    }

    /// <summary>Takes back what was written after <paramref name="length"/>.</summary>
    public void TruncateTo(int length) => Length = length;
}
