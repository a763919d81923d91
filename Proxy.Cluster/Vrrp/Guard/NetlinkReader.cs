using System.Buffers.Binary;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Walks over the messages of one datagram, or over the attributes of one message. Stops at anything that does
/// not hold together.</summary>
internal ref struct NetlinkReader(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;

    public ushort Type { get; private set; }

    public uint Sequence { get; private set; }

    /// <summary>Of a message: what follows its header. Of an attribute: its value.</summary>
    public ReadOnlySpan<byte> Body { get; private set; }

    public bool NextMessage()
    {
        if (_rest.Length < Netlink.HeaderLength)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(_rest);
        if (length < Netlink.HeaderLength || length > _rest.Length)
        {
            return false;
        }

        Type = BinaryPrimitives.ReadUInt16LittleEndian(_rest[4..]);
        Sequence = BinaryPrimitives.ReadUInt32LittleEndian(_rest[8..]);
        Body = _rest[Netlink.HeaderLength..length];
        _rest = _rest[Math.Min(_rest.Length, Netlink.Padded(length))..];
        return true;
    }

    public bool NextAttribute()
    {
        if (_rest.Length < 4)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16LittleEndian(_rest);
        if (length < 4 || length > _rest.Length)
        {
            return false;
        }

        Type = BinaryPrimitives.ReadUInt16LittleEndian(_rest[2..]);
        Body = _rest[4..length];
        _rest = _rest[Math.Min(_rest.Length, Netlink.Padded(length))..];
        return true;
    }
}
