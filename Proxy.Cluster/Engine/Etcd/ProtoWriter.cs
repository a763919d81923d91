using System.Buffers;
using System.Text;

namespace Proxy.Cluster.Engine.Etcd;

/// <summary>Protocol Buffers, the few parts that etcd's messages need
/// (https://protobuf.dev/programming-guides/encoding). A field with its default value may be left out and is, except
/// where a choice of fields tells by its presence.
/// </summary>
internal sealed class ProtoWriter
{
    public const int VarintType = 0;
    public const int LengthType = 2;

    private readonly ArrayBufferWriter<byte> _buffer = new(128);

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public ProtoWriter Number(int field, long value) => value == 0 ? this : NumberAlways(field, value);

    public ProtoWriter NumberAlways(int field, long value)
    {
        Varint(((ulong)field << 3) | VarintType);
        Varint((ulong)value); // Negative numbers as 64-bit two's complement.
        return this;
    }

    public ProtoWriter Flag(int field, bool value) => Number(field, value ? 1 : 0);

    public ProtoWriter Text(int field, string value) =>
        value.Length == 0 ? this : Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtoWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | LengthType);
        Varint((ulong)value.Length);
        _buffer.Write(value);
        return this;
    }

    public ProtoWriter Message(int field, ProtoWriter message) => Bytes(field, message.Written.Span);

    private void Varint(ulong value)
    {
        Span<byte> room = _buffer.GetSpan(10);
        int length = 0;
        while (value >= 0x80)
        {
            room[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        room[length++] = (byte)value;
        _buffer.Advance(length);
    }
}
