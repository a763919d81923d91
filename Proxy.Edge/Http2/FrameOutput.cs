using System.Buffers.Binary;
using Proxy.Edge.Buffers;

namespace Proxy.Edge.Http2;

/// <summary>Frames waiting to leave, in one run. Owns a buffer only while there are some. A value inside its
/// session.</summary>
internal struct FrameOutput(BufferPool buffers)
{
    private const int FirstBytes = 4096;

    public byte[]? Buffer { get; private set; }

    public int Count { get; private set; }

    /// <summary>Room for <paramref name="count"/> more bytes; they are part of the output at once.</summary>
    public Span<byte> Take(int count)
    {
        Span<byte> room = Reserve(count);
        Count += count;
        return room[..count];
    }

    /// <summary>At least so much room behind what is there; <see cref="Commit"/> makes it output.</summary>
    public Span<byte> Reserve(int count)
    {
        if (Buffer is null)
        {
            Buffer = buffers.Rent(Math.Max(FirstBytes, count));
        }
        else if (Count + count > Buffer.Length)
        {
            byte[] larger = buffers.Rent(Math.Max(Buffer.Length * 2, Count + count));
            System.Buffer.BlockCopy(Buffer, 0, larger, 0, Count);
            buffers.Return(Buffer);
            Buffer = larger;
        }

        return Buffer.AsSpan(Count);
    }

    public void Commit(int count) => Count += count;

    public void Header(int length, FrameType type, FrameFlags flags, int stream) =>
        new FrameHeader(length, type, flags, stream).Write(Take(FrameHeader.Bytes));

    /// <summary>A frame whose payload is one number.</summary>
    public void Number(FrameType type, int stream, uint value)
    {
        Header(4, type, FrameFlags.None, stream);
        BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);
    }

    public void GoAway(int lastStream, Http2Error error)
    {
        Header(8, FrameType.GoAway, FrameFlags.None, 0);
        Span<byte> payload = Take(8);
        BinaryPrimitives.WriteInt32BigEndian(payload, lastStream);
        BinaryPrimitives.WriteInt32BigEndian(payload[4..], (int)error);
    }

    public void Setting(int id, int value)
    {
        Span<byte> setting = Take(6);
        BinaryPrimitives.WriteInt16BigEndian(setting, (short)id);
        BinaryPrimitives.WriteInt32BigEndian(setting[2..], value);
    }

    public void Clear()
    {
        if (Buffer is not null)
        {
            buffers.Return(Buffer);
            Buffer = null;
            Count = 0;
        }
    }
}
