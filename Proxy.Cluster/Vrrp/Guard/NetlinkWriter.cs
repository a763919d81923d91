using System.Buffers.Binary;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Builds one rtnetlink request: header, fixed part, attributes. Host byte order, which is little endian on
/// everything this runs on; everything is padded to four bytes.</summary>
internal ref struct NetlinkWriter
{
    private readonly Span<byte> _buffer;

    public NetlinkWriter(Span<byte> buffer, ushort type, ushort flags, uint sequence)
    {
        _buffer = buffer;
        _buffer.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(buffer[4..], type);
        BinaryPrimitives.WriteUInt16LittleEndian(buffer[6..], flags);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer[8..], sequence);
        Length = Netlink.HeaderLength;
    }

    public int Length { get; private set; }

    /// <summary>struct ifaddrmsg.</summary>
    public void AddressHeader(byte family, byte prefix, byte scope, int index)
    {
        _buffer[Length] = family;
        _buffer[Length + 1] = prefix;
        _buffer[Length + 3] = scope;
        BinaryPrimitives.WriteInt32LittleEndian(_buffer[(Length + 4)..], index);
        Length += Netlink.AddressHeaderLength;
    }

    /// <summary>struct ifinfomsg; of the flags only those in <paramref name="change"/> are set.</summary>
    public void LinkHeader(int index, uint flags, uint change)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_buffer[(Length + 4)..], index);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer[(Length + 8)..], flags);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer[(Length + 12)..], change);
        Length += Netlink.LinkHeaderLength;
    }

    public void Attribute(ushort type, scoped ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer[Length..], (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer[(Length + 2)..], type);
        value.CopyTo(_buffer[(Length + 4)..]);
        Length += Netlink.Padded(4 + value.Length);
    }

    public void Attribute(ushort type, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Attribute(type, bytes);
    }

    /// <summary>Returns where it begins, for <see cref="EndNested"/>.</summary>
    public int BeginNested(ushort type)
    {
        int start = Length;
        Attribute(type, default(ReadOnlySpan<byte>));
        return start;
    }

    public readonly void EndNested(int start) =>
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer[start..], (ushort)(Length - start));

    public readonly ReadOnlySpan<byte> Finish()
    {
        BinaryPrimitives.WriteInt32LittleEndian(_buffer, Length);
        return _buffer[..Length];
    }
}
