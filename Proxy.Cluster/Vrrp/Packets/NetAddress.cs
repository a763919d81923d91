using System.Buffers.Binary;
using System.Net;

namespace Proxy.Cluster.Vrrp.Packets;

/// <summary>Which Internet protocol an instance speaks. One instance speaks exactly one (RFC 5798 1.2).</summary>
internal enum IpFamily : byte
{
    V4,
    V6,
}

/// <summary>An IPv4 or IPv6 address as a value, so that the speaker's loop can keep and compare addresses without
/// allocating. Zero IPv4 (the default) means "none".</summary>
/// <param name="Family">The protocol.</param>
/// <param name="Bits">The address as a number in network order; IPv4 uses the low 32 bits.</param>
internal readonly record struct NetAddress(IpFamily Family, UInt128 Bits) : IComparable<NetAddress>
{
    public static NetAddress None => default;

    /// <summary>Bytes on the wire.</summary>
    public int Length => LengthOf(Family);

    public bool IsNone => Bits == default;

    /// <summary>fe80::/10.</summary>
    public bool IsLinkLocal => Family == IpFamily.V6 && (ulong)(Bits >> 118) == 0x3fa;

    /// <summary>224.0.0.0/4 or ff00::/8.</summary>
    public bool IsMulticast => Family == IpFamily.V4 ? (uint)Bits >> 28 == 0xe : (byte)(Bits >> 120) == 0xff;

    public static int LengthOf(IpFamily family) => family == IpFamily.V4 ? 4 : 16;

    public static NetAddress Ipv4(uint bits) => new(IpFamily.V4, bits);

    public static NetAddress Read(IpFamily family, ReadOnlySpan<byte> bytes) => family == IpFamily.V4
        ? new(family, BinaryPrimitives.ReadUInt32BigEndian(bytes))
        : new(family, BinaryPrimitives.ReadUInt128BigEndian(bytes));

    public static bool TryParse(string? text, out NetAddress address)
    {
        address = default;
        if (!IPAddress.TryParse(text, out IPAddress? parsed))
        {
            return false;
        }

        byte[] bytes = parsed.GetAddressBytes();
        address = Read(bytes.Length == 4 ? IpFamily.V4 : IpFamily.V6, bytes);
        return true;
    }

    public static NetAddress Parse(string text) =>
        TryParse(text, out NetAddress address) ? address : throw new FormatException($"\"{text}\" is no address");

    public void Write(Span<byte> destination)
    {
        if (Family == IpFamily.V4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)Bits);
        }
        else
        {
            BinaryPrimitives.WriteUInt128BigEndian(destination, Bits);
        }
    }

    public int CompareTo(NetAddress other) => Bits.CompareTo(other.Bits);

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        Write(bytes);
        return new IPAddress(bytes[..Length]).ToString();
    }
}
