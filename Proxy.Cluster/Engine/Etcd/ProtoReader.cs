using System.Buffers.Binary;
using System.Text;

namespace Proxy.Cluster.Engine.Etcd;

/// <summary>Walks over the fields of a message; what the caller does not know is passed over.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;
    private int _type;
    private ulong _number;
    private ReadOnlySpan<byte> _bytes;

    /// <summary>Of the field that was read last.</summary>
    public int Field { get; private set; }

    public readonly long Number => _type == ProtoWriter.VarintType ? (long)_number : throw Wrong();

    public readonly ReadOnlySpan<byte> Bytes => _type == ProtoWriter.LengthType ? _bytes : throw Wrong();

    public readonly string Text => Encoding.UTF8.GetString(Bytes);

    /// <exception cref="InvalidDataException">The message is not one.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        ulong tag = Varint();
        (Field, _type) = ((int)(tag >> 3), (int)(tag & 7));
        switch (_type)
        {
            case ProtoWriter.VarintType:
                _number = Varint();
                break;
            case ProtoWriter.LengthType:
                ulong length = Varint();
                _bytes = Take(length);
                break;
            case 1:
                _number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case 5:
                _number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            default:
                throw Wrong();
        }

        return true;
    }

    private readonly InvalidDataException Wrong() => new($"field {Field} has the wire type {_type}");

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length)
        {
            throw new InvalidDataException("a message ends within a field");
        }

        ReadOnlySpan<byte> taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int i = 0; i < 10; i++)
        {
            byte part = Take(1)[0];
            value |= (ulong)(part & 0x7f) << (7 * i);
            if (part < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("a number has more than 64 bits");
    }
}
