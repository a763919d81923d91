using System.Buffers.Binary;
using System.Net;

namespace Proxy.Edge.Topology;

/// <summary>Address of a client as 128 bits; IPv4 is held in its IPv6-mapped form so that one comparison serves both.
/// A client on a Unix socket has <see cref="IsUnknown"/>.</summary>
public readonly record struct ClientAddress(ulong High, ulong Low)
{
    public static readonly ClientAddress Unknown;

    public bool IsUnknown => High == 0 && Low == 0;

    public bool IsIpv4 => High == 0 && (Low >> 32) == 0xFFFF;

    /// <summary>From an IPv4 address in network byte order read as a big-endian number (10.0.0.1 =
    /// 0x0A000001).</summary>
    public static ClientAddress FromIpv4(uint address) => new(0, 0xFFFF_0000_0000UL | address);

    public static ClientAddress FromIpv6(ReadOnlySpan<byte> sixteen) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(sixteen), BinaryPrimitives.ReadUInt64BigEndian(sixteen[8..]));

    public static ClientAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        return FromIpv6(bytes);
    }

    public static bool TryParse(ReadOnlySpan<byte> text, out ClientAddress address)
    {
        address = default;
        if (!IPAddress.TryParse(text, out IPAddress? ip) || text.Contains((byte)'%'))
        {
            return false;
        }

        address = From(ip);
        return true;
    }

    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
        var ip = new IPAddress(bytes);
        return ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
    }

    /// <summary>Writes the textual form (RFC 5952 for IPv6, no brackets); at most 39 bytes.</summary>
    public int Format(Span<byte> destination)
    {
        if (IsUnknown)
        {
            "unknown"u8.CopyTo(destination);
            return 7;
        }

        if (!IsIpv4)
        {
            return Ipv6Text.Format(High, Low, destination);
        }

        int at = 0;
        for (int shift = 24; shift >= 0; shift -= 8)
        {
            ((byte)(Low >> shift)).TryFormat(destination[at..], out int digits);
            at += digits;
            if (shift != 0)
            {
                destination[at++] = (byte)'.';
            }
        }

        return at;
    }

    public override string ToString() => IsUnknown ? "unknown" : ToIPAddress().ToString();
}
