using System.Buffers.Binary;
using System.Text;

namespace Proxy.Cluster.Peers.Codec;

/// <summary>Writes one frame into a buffer that is large enough; the header is completed by <see
/// cref="End"/>.</summary>
internal ref struct WireWriter
{
    private readonly FrameBuffer _frame;
    private readonly FrameType _type;
    private int _at;

    public WireWriter(FrameType type, int payloadBytes)
    {
        _frame = FrameBuffer.Rent(PeerWire.HeaderBytes + payloadBytes);
        _type = type;
        _at = PeerWire.HeaderBytes;
    }

    public void Byte(byte value) => _frame.Bytes[_at++] = value;

    public void UInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(2), value);

    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);

    public void Int64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);

    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    /// <summary>A byte of length and UTF-8.</summary>
    public void Text(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        Byte(checked((byte)length));
        Encoding.UTF8.GetBytes(value, Take(length));
    }

    public readonly FrameBuffer End()
    {
        Span<byte> header = _frame.Bytes.AsSpan(0, PeerWire.HeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(header, _at - PeerWire.HeaderBytes);
        header[4] = (byte)_type;
        header[5..].Clear();
        _frame.Length = _at;
        return _frame;
    }

    private Span<byte> Take(int count)
    {
        Span<byte> taken = _frame.Bytes.AsSpan(_at, count);
        _at += count;
        return taken;
    }
}
