using Proxy.Edge.Buffers;

namespace Proxy.Edge.Http2;

/// <summary>A header block that comes in several frames. A value inside its session.</summary>
internal struct HeaderBlock
{
    private byte[]? _bytes;

    public bool IsOpen { get; private set; }

    public int Stream { get; private set; }

    public bool EndStream { get; private set; }

    public int Length { get; private set; }

    public int Fragments { get; private set; }

    public readonly ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public void Open(BufferPool buffers, int stream, bool endStream, ReadOnlySpan<byte> fragment)
    {
        IsOpen = true;
        Stream = stream;
        EndStream = endStream;
        Length = Fragments = 0;
        Add(buffers, fragment);
    }

    public void Add(BufferPool buffers, ReadOnlySpan<byte> fragment)
    {
        Fragments++;
        if (_bytes is null || Length + fragment.Length > _bytes.Length)
        {
            byte[] larger = buffers.Rent(Math.Max(2048, (Length + fragment.Length) * 2));
            if (_bytes is not null)
            {
                Bytes.CopyTo(larger);
                buffers.Return(_bytes);
            }

            _bytes = larger;
        }

        fragment.CopyTo(_bytes.AsSpan(Length));
        Length += fragment.Length;
    }

    public void Drop(BufferPool buffers)
    {
        if (_bytes is not null)
        {
            buffers.Return(_bytes);
        }

        this = default;
    }
}
