namespace Proxy.Edge.Http2.Messages;

/// <summary>A growing HTTP/1.1 head in a fixed buffer. What does not fit makes the head too large; nothing is
/// written beyond the end.</summary>
internal struct HeadText(byte[] buffer)
{
    public int Length { get; private set; }

    public bool Overflowed { get; private set; }

    public void Clear()
    {
        Length = 0;
        Overflowed = false;
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.TryCopyTo(buffer.AsSpan(Length)))
        {
            Length += bytes.Length;
        }
        else
        {
            Overflowed = true;
        }
    }

    public void Line(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int length = name.Length + value.Length + 4;
        if (length > buffer.Length - Length)
        {
            Overflowed = true;
            return;
        }

        Span<byte> at = buffer.AsSpan(Length);
        name.CopyTo(at);
        at[name.Length] = (byte)':';
        at[name.Length + 1] = (byte)' ';
        value.CopyTo(at[(name.Length + 2)..]);
        at[length - 2] = (byte)'\r';
        at[length - 1] = (byte)'\n';
        Length += length;
    }
}
